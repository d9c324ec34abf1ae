/* ---- The log-mel spectrogram, in whole numbers --------------------------------------------------------------------
 *
 * The twin of logmel.c for processors without floating point: samples of sixteen bits come in, and no float is computed
 * with before the network's input. Every frame is brought to the same length of numbers (FFT_BITS), and what that took
 * is subtracted from its logarithms again. These are of base two, counted in 2^-LEVEL_BITS.
 */

#define LEVEL_BITS 22

typedef struct {
    fft_work fft;
} logmel_work;

/* Every sample of sixteen bits can be used; a macro, since programs that keep no frames do not ask. */
#define logmel_usable(sample) ((void)(sample), 1)

/* The place in the clip that stands for a place before or behind it. */
INLINE int logmel_mirrored(int at, int count)
{
    return at < 0 ? -at : at < count ? at : 2 * (count - 1) - at;
}

/* Copy the frame under its window, even samples to the real and odd ones to the imaginary parts, as large as FFT_BITS
 * allow. Gives by how many bits they grew, or 0 for a frame without any sound. */
static int logmel_window(fft_work *fft, const short *samples, int count, int frame)
{
    const int first = frame * HOP - FFT_SIZE / 2, inside = first >= 0 && first + FFT_SIZE <= count;
    int all = 0;
    for (int i = 0; i < FFT_SIZE; i++) {
        const int sample = samples[inside ? first + i : logmel_mirrored(first + i, count)];
        all |= sample < 0 ? -sample : sample;
        *((i & 1 ? fft->imag[0] : fft->real[0]) + i / 2) = sample;
    }
    const int grown = all ? FFT_BITS - fft_bits((unsigned)all) : 0, half = 1 << (30 - grown);
    for (int i = 0; i < FFT_HALF; i++) {
        fft->real[0][i] = (int)((fft_times(fft->real[0][i], quaver_window[2 * i]) + half) >> (31 - grown));
        fft->imag[0][i] = (int)((fft_times(fft->imag[0][i], quaver_window[2 * i + 1]) + half) >> (31 - grown));
    }
    return grown;
}

/* The logarithm of a number above 0: its bits, and a polynomial in what is behind the first of them. */
static int logmel_log(unsigned long long value)
{
    static const int terms[] = {LOG_TERMS};
    const unsigned high = (unsigned)(value >> 32);
    const int bits = high ? 32 + fft_bits(high) : fft_bits((unsigned)value), whole = bits - 1;
    const int rest = (int)((value << (64 - bits) >> 33) & 0x3fffffff); /* counted in 2^-30 */
    int sum = 0;
    for (int i = (int)(sizeof terms / sizeof terms[0]) - 1; i >= 0; i--)
        sum = (int)(fft_times(sum, rest) >> 30) + terms[i];
    return (whole << LEVEL_BITS) + ((sum + (1 << (29 - LEVEL_BITS))) >> (30 - LEVEL_BITS));
}

/* The sum of some powers under weights, divided by a power of two so that the largest power fits 32 bits. */
INLINE unsigned long long logmel_sum(const int *real, const int *imag, const int *weights, int count, int *shift)
{
    unsigned long long sum = 0;
    unsigned all = 0;
    for (int i = 0; i < count; i++)
        all |= (unsigned)((real[i] ^ (real[i] >> 31)) | (imag[i] ^ (imag[i] >> 31)));
    const int bits = 2 * fft_bits(all) + 1;
    *shift = bits > 32 ? bits - 32 : 0;
    for (int i = 0; i < count; i++) {
        const long long power = fft_times(real[i], real[i]) + fft_times(imag[i], imag[i]);
        sum += (unsigned long long)(unsigned)(power >> *shift) * (unsigned)weights[i];
    }
    return sum;
}

/* The logarithms of a frame's power in mel bands, of a spectrum that grew by some bits; each band's weights begin at its
 * first bin. */
static void logmel_bands(const int *real, const int *imag, int grown, int *levels)
{
    const int *weights = quaver_mel_weights;
    for (int band = 0; band < MELS; band++) {
        const int first = quaver_mel_first[band], count = quaver_mel_count[band];
        int level = LEVEL_FLOOR, shift;
        const unsigned long long sum = logmel_sum(real + first, imag + first, weights, count, &shift);
        if (sum)
            level = logmel_log(sum) + (shift - 2 * grown) * (1 << LEVEL_BITS) - LEVEL_ZERO;
        levels[band] = level > LEVEL_FLOOR ? level : LEVEL_FLOOR;
        weights += count;
    }
}

/* Compute a frame of some samples: the logarithms of its power (MELS). */
static void logmel_frame(logmel_work *work, const short *samples, int count, int frame, int *levels)
{
    const int grown = logmel_window(&work->fft, samples, count, frame);
    const int at = fft_spectrum(&work->fft);
    logmel_bands(work->fft.real[at], work->fft.imag[at], grown, levels);
}

typedef int logmel_level;

/* The largest of values that stand where features will. */
static logmel_level logmel_loudest(const float *features, int values)
{
    int loudest = LEVEL_FLOOR, level;
    for (int i = 0; i < values; i++) {
        memcpy(&level, features + i, sizeof level);
        loudest = level > loudest ? level : loudest;
    }
    return loudest;
}

@PAUSES@/* Make features of the logarithms of some frames, in their place; gives the frames that are left. */
static int logmel_settle(float *features, int frames)
{
    const int loudest = logmel_loudest(features, frames * MELS);
#ifdef PAUSE
    frames = logmel_unpaused(features, frames, loudest - PAUSE);
#endif
    for (int i = 0; i < frames * MELS; i++) {
        int level;
        memcpy(&level, features + i, sizeof level);
        level = level > loudest - LEVEL_RANGE ? level : loudest - LEVEL_RANGE;
        features[i] = (float)(LEVELLED ? level - loudest : level) * LEVEL_SCALE + LEVEL_PEAK;
    }
    return frames;
}

/* Compute (frames, MELS) features, count / HOP frames less the pauses, of more than FFT_SIZE / 2 samples; gives the
 * frames. */
static int logmel_features(logmel_work *work, const short *samples, int count, float *features)
{
    const int frames = count / HOP;
    int levels[MELS];
    for (int frame = 0; frame < frames; frame++) {
        logmel_frame(work, samples, count, frame, levels);
        memcpy(features + frame * MELS, levels, sizeof levels);
    }
    return logmel_settle(features, frames);
}
