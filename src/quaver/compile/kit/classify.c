/* ---- From samples to probabilities ------------------------------------------------------------------------------ */

static int classify_silent(const float *samples, int count)
{
    for (int i = 0; i < count; i++)
        if (samples[i] >= SILENCE || samples[i] <= -SILENCE)
            return 0;
    return 1;
}

/* Sharpen or soften probabilities by the temperature that was calibrated: p^(1/T), normalised. */
static void classify_calibrate(float *probabilities)
{
    float sum = 0.0f, largest = 0.0f;
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        largest = probabilities[i] > largest ? probabilities[i] : largest;
    for (int i = 0; i < QUAVER_OUTPUTS; i++) {
        const float share = probabilities[i] / largest;
        probabilities[i] = share > 0.0f ? exp_f32(log_f32(share) / TEMPERATURE) : 0.0f;
        sum += probabilities[i];
    }
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        probabilities[i] /= sum;
}

void quaver_network(quaver_arena *arena, const float input[QUAVER_INPUTS], @TAKES_FRAMES@float output[QUAVER_OUTPUTS])
{
    run_network(arena->shared, input, @FRAMES@output);
}

quaver_status quaver_features(quaver_arena *arena, const float *samples, int count, float features[QUAVER_INPUTS])
{
    if (count < QUAVER_SHORTEST)
        return QUAVER_TOO_SHORT;
    if (count > QUAVER_LONGEST)
        return QUAVER_TOO_LONG;
    @KIND@_work *work = (@KIND@_work *)(void *)(arena->shared + WORK_AT);
    return @KIND@_features(work, samples, count, features) ? QUAVER_OK : QUAVER_NOT_FINITE;
}

/* Hear a window of some samples: its calibrated probabilities, unless it is silent or not finite. */
static quaver_status classify_window(quaver_arena *arena, const float *window, int length, float *probabilities)
{
    float *features = arena->shared + FEATURES_AT;
    const quaver_status status = quaver_features(arena, window, length, features);
    if (status != QUAVER_OK)
        return status;
    if (classify_silent(window, length))
        return QUAVER_SILENT;
    quaver_network(arena, features, @COUNTED@probabilities);
    classify_calibrate(probabilities);
    return QUAVER_OK;
}

/* Give the mean of the windows that were heard. */
static quaver_status classify_mean(const float *sums, int heard, float *probabilities)
{
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        probabilities[i] = heard ? sums[i] / (float)heard : 0.0f;
    return heard ? QUAVER_OK : QUAVER_SILENT;
}

quaver_status quaver_classify(quaver_arena *arena, const float *samples, int count,
                              float probabilities[QUAVER_OUTPUTS])
{
    /* Short sounds are heard whole, longer ones in windows that overlap, the last up to the end. */
    const int length = count <= QUAVER_LONGEST ? count : QUAVER_WINDOW;
    int heard = 0;
    if (count < QUAVER_SHORTEST)
        return QUAVER_TOO_SHORT;
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        arena->sums[i] = 0.0f;
    for (int first = 0, last = 0; !last; first += QUAVER_HOP) {
        last = first + length >= count;
        const quaver_status status =
            classify_window(arena, samples + (last ? count - length : first), length, probabilities);
        if (status == QUAVER_SILENT)
            continue;
        if (status != QUAVER_OK)
            return status;
        for (int i = 0; i < QUAVER_OUTPUTS; i++)
            arena->sums[i] += probabilities[i];
        heard++;
    }
    return classify_mean(arena->sums, heard, probabilities);
}

/* ---- The same, while the sound comes ---------------------------------------------------------------------------- */

void quaver_begin(quaver_stream *stream)
{
    stream->held = stream->next = stream->end = stream->windows = stream->heard = stream->broken = 0;
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        stream->sums[i] = 0.0f;
}

/* Hear a window of what is held, and keep its part of the mean. */
static quaver_status stream_hear(quaver_stream *stream, quaver_arena *arena, int first, int length,
                                 float *probabilities)
{
    const quaver_status status = classify_window(arena, stream->samples + first, length, probabilities);
    if (status == QUAVER_OK) {
        for (int i = 0; i < QUAVER_OUTPUTS; i++)
            stream->sums[i] += probabilities[i];
        stream->heard++;
    } else if (status != QUAVER_SILENT) {
        stream->broken = 1;
    }
    return status;
}

/* Let go what no window needs any more: neither the next one nor the one at the end of the sound. */
static void stream_forget(quaver_stream *stream)
{
    const int spare = stream->held - QUAVER_WINDOW, gone = stream->next < spare ? stream->next : spare;
    memmove(stream->samples, stream->samples + gone, sizeof(float) * (size_t)(stream->held - gone));
    stream->held -= gone;
    stream->next -= gone;
    stream->end -= gone;
}

quaver_status quaver_push(quaver_stream *stream, quaver_arena *arena, const float *samples, int count, int *taken,
                          float probabilities[QUAVER_OUTPUTS])
{
    for (*taken = 0;;) {
        const int left = count - *taken;
        /* Only when more comes than is heard as a whole is it known that there are windows. */
        const int cut = stream->windows > 0 || (stream->held == QUAVER_LONGEST && left > 0);
        if (cut && stream->next + QUAVER_WINDOW <= stream->held) {
            const quaver_status status = stream_hear(stream, arena, stream->next, QUAVER_WINDOW, probabilities);
            stream->end = stream->next + QUAVER_WINDOW;
            stream->next += QUAVER_HOP;
            stream->windows++;
            stream_forget(stream);
            return status;
        }
        if (left <= 0)
            return QUAVER_WAITING;
        const int room = (cut ? QUAVER_HELD : QUAVER_LONGEST) - stream->held, more = left < room ? left : room;
        memcpy(stream->samples + stream->held, samples + *taken, sizeof(float) * (size_t)more);
        stream->held += more;
        *taken += more;
    }
}

quaver_status quaver_finish(quaver_stream *stream, quaver_arena *arena, float probabilities[QUAVER_OUTPUTS])
{
    if (!stream->windows) {
        if (stream->held < QUAVER_SHORTEST)
            return QUAVER_TOO_SHORT;
        stream_hear(stream, arena, 0, stream->held, probabilities);
    } else if (stream->end < stream->held) {
        stream_hear(stream, arena, stream->held - QUAVER_WINDOW, QUAVER_WINDOW, probabilities);
    }
    return stream->broken ? QUAVER_NOT_FINITE : classify_mean(stream->sums, stream->heard, probabilities);
}
