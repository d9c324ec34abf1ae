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
    return @KIND@_features((@KIND@_work *)(void *)arena->shared, samples, count, features) ? QUAVER_OK : QUAVER_NOT_FINITE;
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
        const float *window = samples + (last ? count - length : first);
        const quaver_status status = quaver_features(arena, window, length, arena->features);
        if (status != QUAVER_OK)
            return status;
        if (classify_silent(window, length))
            continue;
        quaver_network(arena, arena->features, @COUNTED@probabilities);
        classify_calibrate(probabilities);
        for (int i = 0; i < QUAVER_OUTPUTS; i++)
            arena->sums[i] += probabilities[i];
        heard++;
    }
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        probabilities[i] = heard ? arena->sums[i] / (float)heard : 0.0f;
    return heard ? QUAVER_OK : QUAVER_SILENT;
}
