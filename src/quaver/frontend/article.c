/* ---- The article's features --------------------------------------------------------------------------------------
 *
 * The twin of article.py: five kinds of values averaged over the frames of a clip. It reads the same tables; the
 * spectra are computed in single precision. Frames are centred, so half a frame of zeros lies around the clip.
 */

#define BINS (FFT_SIZE / 2 + 1)
#define HOPS (FFT_SIZE / HOP) /* in a frame */

typedef struct {
    fft_work fft;
    float power[BINS + 16]; /* vectors read more than there is */
#if KEEP
    float magnitudes[FRAMES][BINS]; /* of every frame, so that nothing is transformed twice */
    float decibels[FRAMES][MELS];
#else
    float magnitudes[1][BINS];
    float decibels[1][MELS];
#endif
    float bands[MELS], total[MELS], notes[NOTES];
#if TUNED
    float chroma[NOTES * BINS]; /* weights for the tuning of the clip */
    float heights[FRAMES * PEAKS];
    float pitches[FRAMES * PEAKS]; /* Hz */
    int counts[TUNINGS];
#endif
} article_work;

/* Copy the frame under its window, even samples to the real and odd ones to the imaginary parts. */
static void article_window(fft_work *fft, const float *samples, int count, int frame)
{
    const int first = frame * HOP - FFT_SIZE / 2;
    if (first >= 0 && first + FFT_SIZE <= count) {
        fft_take(fft, samples + first, quaver_window);
        return;
    }
    for (int i = 0; i < FFT_HALF; i++) {
        const int even = first + 2 * i, odd = even + 1;
        fft->real[0][i] = even >= 0 && even < count ? samples[even] * quaver_window[2 * i] : 0.0f;
        fft->imag[0][i] = odd >= 0 && odd < count ? samples[odd] * quaver_window[2 * i + 1] : 0.0f;
    }
}

/* Transform the frame that was copied: its powers, and their roots. */
static void article_spectrum(article_work *work, float *magnitudes)
{
    fft_powers(&work->fft, work->power);
    for (int k = 0; k < BINS; k++)
        magnitudes[k] = sqrt_f32(work->power[k]);
}

/* The sum of products in some parts, so that the compiler may use vectors, several of them for long sums. */
INLINE float article_dot(const int lanes, const float *a, const float *b, int count)
{
    float parts[32] = {0}, sum = 0.0f;
    int i = 0;
    for (; i + lanes <= count; i += lanes)
        for (int lane = 0; lane < lanes; lane++)
            parts[lane] += a[i + lane] * b[i + lane];
    for (; i < count; i++)
        sum += a[i] * b[i];
    for (int lane = 0; lane < lanes; lane++)
        sum += parts[lane];
    return sum;
}

/* The power of a frame in mel bands; each band's weights begin at its first bin. */
static void article_bands(article_work *work)
{
    const float *weights = quaver_mel_weights;
    for (int band = 0; band < MELS; band++) {
        const float *power = work->power + quaver_mel_first[band];
#ifdef FFT_WIDE
        work->bands[band] = fft_dot(weights, power, quaver_mel_count[band]);
#else
        work->bands[band] = article_dot(8, weights, power, quaver_mel_count[band]);
#endif
        weights += quaver_mel_count[band];
    }
}

static void article_decibels(const float *bands, float *decibels)
{
    for (int band = 0; band < MELS; band++)
        decibels[band] = 4.34294482f * log_normal_f32(bands[band] > FLOOR_POWER ? bands[band] : FLOOR_POWER);
}

/* Add the notes of a frame, its strongest being 1. */
static void article_add(article_work *work, const float *notes)
{
    float largest = 0.0f;
    for (int note = 0; note < NOTES; note++)
        largest = notes[note] > largest ? notes[note] : largest;
    for (int note = 0; note < NOTES; note++)
        work->notes[note] += notes[note] / (largest < 1.17549435e-38f ? 1.0f : largest);
}

/* Sum up the notes of a frame. */
static void article_notes(article_work *work, const float *magnitudes, const float *chroma)
{
    float notes[NOTES];
    for (int note = 0; note < NOTES; note++)
        notes[note] = article_dot(32, chroma + note * BINS, magnitudes, BINS);
    article_add(work, notes);
}

#if KEEP && defined(FFT_WIDE) && NOTES % 3 == 0
#define FOUR_FRAMES 1

/* Sum up the notes of four frames at once, because the weights fill the nearest memory. */
static void article_notes_four(article_work *work, const float *magnitudes, const float *chroma)
{
    float notes[4][NOTES];
    for (int note = 0; note < NOTES; note += 3, chroma += 3 * BINS) {
        vec sum[4][3] = {0};
        for (int k = 0; k + LANES <= BINS; k += LANES) {
            const vec a = FFT_VEC(chroma + k), b = FFT_VEC(chroma + BINS + k), c = FFT_VEC(chroma + 2 * BINS + k);
            UNROLL
            for (int f = 0; f < 4; f++) {
                const vec frame = FFT_VEC(magnitudes + f * BINS + k);
                sum[f][0] += a * frame;
                sum[f][1] += b * frame;
                sum[f][2] += c * frame;
            }
        }
        for (int f = 0; f < 4; f++) {
            for (int j = 0; j < 3; j++) {
                notes[f][note + j] = fft_total(sum[f][j]);
                for (int k = BINS / LANES * LANES; k < BINS; k++)
                    notes[f][note + j] += chroma[j * BINS + k] * magnitudes[f * BINS + k];
            }
        }
    }
    for (int f = 0; f < 4; f++)
        article_add(work, notes[f]);
}
#endif

/* The share of neighbouring samples whose signs differ, averaged over frames; none compares its first sample with
 * the one before it. */
static float article_crossings(const float *samples, int count, int frames)
{
    float total = 0.0f;
    for (int hop = 0; hop < frames - 1 + HOPS; hop++) {
        const int first = hop * HOP - FFT_SIZE / 2; /* a sample of the clip, or before it */
        const int from = first + 1 > 1 ? first + 1 : 1, to = first + HOP < count ? first + HOP : count;
        int changes = 0;
        for (int i = from; i < to; i++)
            changes += (samples[i] < -ZERO) != (samples[i - 1] < -ZERO);
        const int oldest = hop - HOPS + 1 > 0 ? hop - HOPS + 1 : 0, newest = hop < frames - 1 ? hop : frames - 1;
        total += (float)changes * (float)(newest - oldest + 1);
        if (first >= 1 && first < count && (samples[first] < -ZERO) != (samples[first - 1] < -ZERO))
            total += (float)(newest - oldest + 1 - (hop < frames ? 1 : 0));
    }
    return total / (float)FFT_SIZE / (float)frames;
}

/* The root of the mean square, averaged over frames; negative if samples are not finite or absurdly large. */
static float article_loudness(const float *samples, int count, int frames)
{
    float hops[HOPS] = {0}, total = 0.0f;
    for (int hop = 0; hop < frames - 1 + HOPS; hop++) {
        const int first = hop * HOP - FFT_SIZE / 2;
        const int from = first > 0 ? first : 0, to = first + HOP < count ? first + HOP : count;
        const float squares = to > from ? article_dot(32, samples + from, samples + from, to - from) : 0.0f;
        if (!(squares <= 1e24f))
            return -1.0f;
        hops[hop % HOPS] = squares;
        if (hop >= HOPS - 1) {
            float frame = 0.0f;
            for (int i = 0; i < HOPS; i++)
                frame += hops[i];
            total += sqrt_f32(frame / (float)FFT_SIZE);
        }
    }
    return total / (float)frames;
}

/* Compute the FEATURES values of a clip of at most FRAMES frames. Gives 0 if its samples are not finite. */
static int article_features(article_work *work, const float *samples, int count, float *features)
{
    const int frames = 1 + count / HOP;
    float *mfcc = features + 1 + NOTES, *rms = mfcc + MFCCS, *mel = rms + 1, loudest = -INFINITY;
    int peaks = 0;
    features[0] = article_crossings(samples, count, frames);
    *rms = article_loudness(samples, count, frames);
    if (*rms < 0.0f)
        return 0;
    for (int band = 0; band < MELS; band++)
        mel[band] = work->total[band] = 0.0f;
    for (int note = 0; note < NOTES; note++)
        work->notes[note] = 0.0f;
    for (int i = 0; i < 16; i++)
        work->power[BINS + i] = 0.0f;
    /* What needs no knowledge of the whole clip, and what the rest needs to know of it. */
    for (int frame = 0; frame < frames; frame++) {
        float *magnitudes = work->magnitudes[KEEP ? frame : 0], *decibels = work->decibels[KEEP ? frame : 0];
        article_window(&work->fft, samples, count, frame);
        article_spectrum(work, magnitudes);
        article_bands(work);
        article_decibels(work->bands, decibels);
        for (int band = 0; band < MELS; band++) {
            mel[band] += work->bands[band] / (float)frames;
            loudest = decibels[band] > loudest ? decibels[band] : loudest;
        }
#if TUNED
        peaks = article_peaks(work, magnitudes, peaks);
#endif
    }
#if TUNED
    article_chroma(work->chroma, article_tuning(work, peaks));
    const float *chroma = work->chroma;
#else
    const float *chroma = quaver_chroma;
    (void)peaks;
#endif
    for (int frame = 0; frame < frames; frame++) {
        float *magnitudes = work->magnitudes[KEEP ? frame : 0], *decibels = work->decibels[KEEP ? frame : 0];
        if (!KEEP) {
            article_window(&work->fft, samples, count, frame);
            article_spectrum(work, magnitudes);
            article_bands(work);
            article_decibels(work->bands, decibels);
        }
#ifdef FOUR_FRAMES
        if (frame % 4 == 0 && frame + 4 <= frames)
            article_notes_four(work, magnitudes, chroma);
        else if (frame >= frames / 4 * 4)
#endif
            article_notes(work, magnitudes, chroma);
        for (int band = 0; band < MELS; band++)
            work->total[band] += decibels[band] > loudest - FLOOR_DB ? decibels[band] : loudest - FLOOR_DB;
    }
    for (int note = 0; note < NOTES; note++)
        features[1 + note] = work->notes[note] / (float)frames;
    for (int i = 0; i < MFCCS; i++)
        mfcc[i] = article_dot(32, quaver_dct + i * MELS, work->total, MELS) / (float)frames;
    return 1;
}
