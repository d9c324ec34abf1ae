/* ---- From samples to probabilities ------------------------------------------------------------------------------ */

static int classify_silent(const quaver_sample *samples, int count)
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
    run_network(arena->shared, input, @FRAMES@@NOBODY@output);
}

quaver_status quaver_features(quaver_arena *arena, const quaver_sample *samples, int count,
                              @GIVES_FRAMES@float features[QUAVER_INPUTS])
{
    if (count < QUAVER_SHORTEST)
        return QUAVER_TOO_SHORT;
    if (count > QUAVER_LONGEST)
        return QUAVER_TOO_LONG;
    @KIND@_work *work = (@KIND@_work *)(void *)(arena->shared + WORK_AT);
    const int made = @KIND@_features(work, samples, count, features);
    @SET_FRAMES@return made ? QUAVER_OK : QUAVER_NOT_FINITE;
}

/* From features to calibrated probabilities. */
static void classify_features(quaver_arena *arena, const float *features, @TAKES_FRAMES@@TAKES_PROFILE@float *probabilities)
{
    run_network(arena->shared, features, @FRAMES@@PROFILE@probabilities);
    classify_calibrate(probabilities);
}

/* Hear a window of some samples: its calibrated probabilities, unless it is silent or not finite. */
static quaver_status classify_window(quaver_arena *arena, const quaver_sample *window, int length,
                                     @TAKES_PROFILE@float *probabilities)
{
    float *features = arena->shared + FEATURES_AT;
    @OWN_FRAMES@const quaver_status status = quaver_features(arena, window, length, @ASK_FRAMES@features);
    if (status != QUAVER_OK)
        return status;
    if (classify_silent(window, length))
        return QUAVER_SILENT;
    classify_features(arena, features, @FRAMES@@PROFILE@probabilities);
    return QUAVER_OK;
}

/* Give the mean of the windows that were heard. */
static quaver_status classify_mean(const float *sums, int heard, float *probabilities)
{
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        probabilities[i] = heard ? sums[i] / (float)heard : 0.0f;
    return heard ? QUAVER_OK : QUAVER_SILENT;
}

/* Short sounds are heard whole, longer ones in windows that overlap, the last up to the end; tells how many had sound. */
static quaver_status classify_windows(quaver_arena *arena, const quaver_sample *samples, int count,
                                      @TAKES_PROFILE@float *probabilities, int *heard)
{
    const int length = count <= QUAVER_LONGEST ? count : QUAVER_WINDOW;
    if (count < QUAVER_SHORTEST)
        return QUAVER_TOO_SHORT;
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        arena->sums[i] = 0.0f;
    for (int first = 0, last = 0; !last; first += QUAVER_HOP) {
        last = first + length >= count;
        const quaver_sample *window = samples + (last ? count - length : first);
        const quaver_status status = classify_window(arena, window, length, @PROFILE@probabilities);
        if (status == QUAVER_SILENT)
            continue;
        if (status != QUAVER_OK)
            return status;
        for (int i = 0; i < QUAVER_OUTPUTS; i++)
            arena->sums[i] += probabilities[i];
        ++*heard;
    }
    return classify_mean(arena->sums, *heard, probabilities);
}

quaver_status quaver_classify(quaver_arena *arena, const quaver_sample *samples, int count,
                              float probabilities[QUAVER_OUTPUTS])
{
    int heard = 0;
    return classify_windows(arena, samples, count, @NOBODY@probabilities, &heard);
}
