/* ---- The log-mel spectrogram -------------------------------------------------------------------------------------
 *
 * The twin of logmel.py: (frames, MELS) logarithms of mel power, none further than a number of decades below the
 * loudest of the window. It reads the same tables; the spectra are computed in single precision. Frames are centred,
 * and the sound is mirrored at its ends.
 */

#define BINS (FFT_SIZE / 2 + 1)

typedef struct {
    fft_work fft;
    float power[BINS + 16]; /* vectors read more than there is */
} logmel_work;

/* The place in the clip that stands for a place before or behind it. */
INLINE int logmel_mirrored(int at, int count)
{
    return at < 0 ? -at : at < count ? at : 2 * (count - 1) - at;
}

/* Copy the frame under its window, even samples to the real and odd ones to the imaginary parts. */
static void logmel_window(fft_work *fft, const float *samples, int count, int frame)
{
    const int first = frame * HOP - FFT_SIZE / 2;
    if (first >= 0 && first + FFT_SIZE <= count) {
        fft_take(fft, samples + first, quaver_window);
        return;
    }
    for (int i = 0; i < FFT_HALF; i++) {
        const int even = logmel_mirrored(first + 2 * i, count), odd = logmel_mirrored(first + 2 * i + 1, count);
        fft->real[0][i] = samples[even] * quaver_window[2 * i];
        fft->imag[0][i] = samples[odd] * quaver_window[2 * i + 1];
    }
}

/* The decades of a frame's power in mel bands; each band's weights begin at its first bin. */
static void logmel_bands(const float *power, float *decades)
{
    const float *weights = quaver_mel_weights;
    for (int band = 0; band < MELS; band++) {
        const float *from = power + quaver_mel_first[band];
#ifdef FFT_WIDE
        const float sum = fft_dot(weights, from, quaver_mel_count[band]);
#else
        float sum = 0.0f;
        for (int i = 0; i < quaver_mel_count[band]; i++)
            sum += weights[i] * from[i];
#endif
        weights += quaver_mel_count[band];
        decades[band] = sum > FLOOR_POWER ? sum : FLOOR_POWER;
    }
    for (int band = 0; band < MELS; band++)
        decades[band] = 0.434294482f * log_normal_f32(decades[band]);
}

/* Is a sample finite, and small enough that no power overflows? */
INLINE int logmel_usable(float sample)
{
    return sample >= -LARGEST && sample <= LARGEST;
}

/* Compute a frame of some samples: its decades of power (MELS). */
static void logmel_frame(logmel_work *work, const float *samples, int count, int frame, float *decades)
{
    logmel_window(&work->fft, samples, count, frame);
    fft_powers(&work->fft, work->power);
    for (int i = 0; i < 16; i++)
        work->power[BINS + i] = 0.0f;
    logmel_bands(work->power, decades);
}

typedef float logmel_level;

static logmel_level logmel_loudest(const float *features, int values)
{
    float loudest = -INFINITY;
    for (int i = 0; i < values; i++)
        loudest = features[i] > loudest ? features[i] : loudest;
    return loudest;
}

@PAUSES@/* Make features of the decades of some frames, in their place; gives the frames that are left. */
static int logmel_settle(float *features, int frames)
{
    const float loudest = logmel_loudest(features, frames * MELS);
    /* The loudest value stays where it is, or comes to where every window has it. */
    const float peak = LEVELLED ? PEAK : loudest, floor = peak - FLOOR_DECADES;
#ifdef PAUSE
    frames = logmel_unpaused(features, frames, loudest - PAUSE);
#endif
    for (int i = 0; i < frames * MELS; i++) {
        const float level = LEVELLED ? (features[i] - loudest) + PEAK : features[i];
        features[i] = ((level > floor ? level : floor) + OFFSET) / SCALE;
    }
    return frames;
}

/* Compute (frames, MELS) features, count / HOP frames less the pauses, of more than FFT_SIZE / 2 samples. Gives the
 * frames; 0 if the samples are not finite. */
static int logmel_features(logmel_work *work, const float *samples, int count, float *features)
{
    const int frames = count / HOP;
    int odd = 0;
    for (int i = 0; i < count; i++)
        odd |= !logmel_usable(samples[i]);
    if (odd)
        return 0;
    for (int frame = 0; frame < frames; frame++)
        logmel_frame(work, samples, count, frame, features + frame * MELS);
    return logmel_settle(features, frames);
}
