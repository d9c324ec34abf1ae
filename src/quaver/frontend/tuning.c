/* ---- The tuning of a clip ----------------------------------------------------------------------------------------
 *
 * Where between the semitones most of the higher spectral peaks lie, and the weights that sort a spectrum of that
 * tuning into notes.
 */

/* The binary logarithm in double precision: peaks beside the edge of a part must fall on the same side as in NumPy. */
static double article_log2(float x)
{
    const int bits = float_bits(x), n = (bits >> 23) - 127;
    const double m = (double)bits_float((bits & 0x007fffff) | 0x3f800000), root = 1.4142135623730951;
    const double s = (m - root) / (m + root), z = s * s;
    const double series = 1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * (1.0 / 13 + z / 15))));
    return n + 0.5 + s * (1.0 + z * (1.0 / 3 + z * series)) * 2.8853900817779268;
}

/* The largest magnitude, in as many parts as vectors are wide. */
static float article_largest(const float *magnitudes)
{
    float parts[32] = {0}, largest = 0.0f;
    const int whole = BINS / 32 * 32;
    for (int k = 0; k < whole; k += 32)
        for (int lane = 0; lane < 32; lane++)
            parts[lane] = magnitudes[k + lane] > parts[lane] ? magnitudes[k + lane] : parts[lane];
    for (int k = whole; k < BINS; k++)
        largest = magnitudes[k] > largest ? magnitudes[k] : largest;
    for (int lane = 0; lane < 32; lane++)
        largest = parts[lane] > largest ? parts[lane] : largest;
    return largest;
}

/* The part of a semitone in which a pitch lies, from half a semitone below a note on. */
static int article_place(float pitch)
{
    const float notes = (float)NOTES * (float)article_log2(pitch / 27.5f);
    const int whole = (int)notes - (notes < (float)(int)notes ? 1 : 0);
    float off = notes - (float)whole;
    off -= off >= 0.5f ? 1.0f : 0.0f;
    int place = (int)(((double)off + 0.5) * TUNINGS);
    place -= place > 0 && (double)off < (double)place / TUNINGS - 0.5 ? 1 : 0;
    place += (double)off >= (double)(place + 1) / TUNINGS - 0.5 ? 1 : 0;
    return place < TUNINGS ? place : TUNINGS - 1;
}

/* Add the peaks of a frame, each refined by a parabola through three bins (Smith and Serra, "PARSHL", 1987). */
static int article_peaks(article_work *work, const float *magnitudes, int peaks)
{
    const float lowest = PEAK_SHARE * article_largest(magnitudes);
    int found = peaks;
    for (int k = PEAK_LOW; k < PEAK_HIGH; k++) { /* without a branch, because nobody can foresee it */
        const float left = magnitudes[k - 1], top = magnitudes[k], right = magnitudes[k + 1];
        work->pitches[found] = (float)k;
        found += (top > lowest) & (top > left) & (top >= right);
    }
    for (; peaks < found; peaks++) {
        const int k = (int)work->pitches[peaks];
        const float left = magnitudes[k - 1], top = magnitudes[k], right = magnitudes[k + 1];
        const double curve = (double)(left + right) - 2.0 * (double)top, slope = (double)(right - left) / 2.0;
        const double size = slope < 0.0 ? -slope : slope;
        const float shift = size < -curve ? (float)(-slope / curve) : 0.0f;
        work->heights[peaks] = top + 0.5f * ((right - left) / 2.0f) * shift;
        work->pitches[peaks] = (float)((k + (double)shift) * SAMPLE_RATE / FFT_SIZE);
    }
    return peaks;
}

/* Reorder the peaks so that the one of that rank stands at its place, no higher one before it (Hoare's FIND). */
static float article_rank(article_work *work, int peaks, int rank)
{
    float *heights = work->heights;
    for (int low = 0, high = peaks - 1; low < high;) {
        const float pivot = heights[rank];
        int i = low, j = high;
        while (i <= j) {
            while (heights[i] < pivot)
                i++;
            while (heights[j] > pivot)
                j--;
            if (i <= j) {
                const float height = heights[i], pitch = work->pitches[i];
                heights[i] = heights[j];
                work->pitches[i] = work->pitches[j];
                heights[j] = height;
                work->pitches[j] = pitch;
                i++;
                j--;
            }
        }
        low = j < rank ? i : low;
        high = rank < i ? j : high;
    }
    return heights[rank];
}

/* The tuning as a part of a semitone, in [-0.5, 0.5); 0 without any peak. */
static float article_tuning(article_work *work, int peaks)
{
    int best = 0;
    if (peaks == 0)
        return 0.0f;
    const float lower = article_rank(work, peaks, (peaks - 1) / 2);
    float upper = peaks % 2 ? lower : INFINITY;
    for (int i = peaks / 2; i < peaks && peaks % 2 == 0; i++)
        upper = work->heights[i] < upper ? work->heights[i] : upper;
    const float median = (lower + upper) / 2.0f;
    for (int i = 0; i < TUNINGS; i++)
        work->counts[i] = 0;
    for (int i = 0; i < peaks; i++)
        if (work->heights[i] >= median)
            work->counts[article_place(work->pitches[i])]++;
    for (int i = 1; i < TUNINGS; i++)
        best = work->counts[i] > work->counts[best] ? i : best;
    return (float)((double)best / TUNINGS - 0.5);
}

/* The weights (NOTES, BINS): bumps around each note, of unit length over notes, faded towards far octaves. */
static void article_chroma(float *chroma, float tuning)
{
    for (int n = 0; n < NOTES; n++) { /* notes are counted from A, chroma from C */
        float *bumps = chroma + (n + NOTES - 3) % NOTES * BINS;
        for (int k = 0; k < BINS; k++) {
            float distance = quaver_bin_notes[k] - tuning - (float)n + NOTES / 2;
            distance -= NOTES * floor_f32(distance * (1.0f / NOTES));
            distance = 2.0f * (distance - NOTES / 2) / quaver_bin_widths[k];
            bumps[k] = exp_f32(-0.5f * distance * distance);
        }
    }
    for (int k = 0; k < BINS; k++) {
        const float octave = ((quaver_bin_notes[k] - tuning) / NOTES - CHROMA_CENTRE) / CHROMA_WIDTH;
        float squares = 0.0f;
        for (int n = 0; n < NOTES; n++)
            squares += chroma[n * BINS + k] * chroma[n * BINS + k];
        const float fade = exp_f32(-0.5f * octave * octave) / sqrt_f32(squares);
        for (int n = 0; n < NOTES; n++)
            chroma[n * BINS + k] *= fade;
    }
}
