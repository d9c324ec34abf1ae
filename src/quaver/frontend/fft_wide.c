/* ---- The passes of four in vectors --------------------------------------------------------------------------------
 *
 * Butterflies lie side by side in a vector, whatever the pass: where fewer than LANES neighbouring transforms are left,
 * it holds several of their groups, and what comes out is brought in between each other.
 */

#if defined(__has_builtin) && LANES > 1 && !defined(__ARM_FEATURE_MVE)
#if __has_builtin(__builtin_shufflevector)
#define FFT_WIDE 1
#endif
#endif

#ifdef FFT_WIDE
#if LANES == 16
#define FFT_ONES 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f
#define FFT_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define FFT_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define FFT_LOW_FOURS 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23
#define FFT_HIGH_FOURS 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31
#define FFT_FOUR_TIMES 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3
#define FFT_BACK 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0
#define FFT_EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define FFT_ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define FFT_TURN_8 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7
#define FFT_TURN_4 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3
#define FFT_TURN_2 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1
#define FFT_TURN_1 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0
#elif LANES == 8
#define FFT_ONES 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f
#define FFT_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define FFT_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define FFT_LOW_FOURS 0, 1, 2, 3, 8, 9, 10, 11
#define FFT_HIGH_FOURS 4, 5, 6, 7, 12, 13, 14, 15
#define FFT_FOUR_TIMES 0, 0, 0, 0, 1, 1, 1, 1
#define FFT_BACK 7, 6, 5, 4, 3, 2, 1, 0
#define FFT_EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define FFT_ODD 1, 3, 5, 7, 9, 11, 13, 15
#define FFT_TURN_4 4, 5, 6, 7, 0, 1, 2, 3
#define FFT_TURN_2 2, 3, 4, 5, 6, 7, 0, 1
#define FFT_TURN_1 1, 2, 3, 4, 5, 6, 7, 0
#else
#define FFT_ONES 1.0f, 1.0f, 1.0f, 1.0f
#define FFT_LOW 0, 4, 1, 5
#define FFT_HIGH 2, 6, 3, 7
#define FFT_BACK 3, 2, 1, 0
#define FFT_EVEN 0, 2, 4, 6
#define FFT_ODD 1, 3, 5, 7
#define FFT_TURN_2 2, 3, 0, 1
#define FFT_TURN_1 1, 2, 3, 0
#endif
#define FFT_VEC(from) (*(const vec *)(from))
#define FFT_PUT(to, v) (*(vec *)(to) = (v))

/* The sum of all lanes. */
INLINE float fft_total(vec v)
{
#if LANES > 8
    v += __builtin_shufflevector(v, v, FFT_TURN_8);
#endif
#if LANES > 4
    v += __builtin_shufflevector(v, v, FFT_TURN_4);
#endif
    v += __builtin_shufflevector(v, v, FFT_TURN_2);
    v += __builtin_shufflevector(v, v, FFT_TURN_1);
    return v[0];
}

/* The sum of products; up to LANES - 1 values behind both are read, and count for nothing unless they are infinite. */
INLINE float fft_dot(const float *a, const float *b, int count)
{
    static const float share[2 * LANES] = {FFT_ONES};
    vec sum = {0};
    int i = 0;
    for (; i + LANES <= count; i += LANES)
        sum += FFT_VEC(a + i) * FFT_VEC(b + i);
    if (i < count)
        sum += FFT_VEC(share + LANES - (count - i)) * FFT_VEC(a + i) * FFT_VEC(b + i);
    return fft_total(sum);
}

/* LANES butterflies; `w` holds the real parts of w, w^2 and w^3, then the imaginary ones. */
INLINE void fft_butterflies(const float *xr, const float *xi, int quarter, const vec *w, vec *r, vec *i)
{
    const int half = 2 * quarter, last = 3 * quarter;
    const vec ar = FFT_VEC(xr), br = FFT_VEC(xr + quarter), cr = FFT_VEC(xr + half), dr = FFT_VEC(xr + last);
    const vec ai = FFT_VEC(xi), bi = FFT_VEC(xi + quarter), ci = FFT_VEC(xi + half), di = FFT_VEC(xi + last);
    const vec evenr = ar + cr, eveni = ai + ci, oddr = br + dr, oddi = bi + di;
    const vec lessr = ar - cr, lessi = ai - ci, turnr = di - bi, turni = br - dr; /* turn = i (b - d) */
    const vec pr = lessr - turnr, pi = lessi - turni, mr = lessr + turnr, mi = lessi + turni;
    const vec sr = evenr - oddr, si = eveni - oddi;
    r[0] = evenr + oddr, i[0] = eveni + oddi;
    r[1] = pr * w[0] - pi * w[3], i[1] = pr * w[3] + pi * w[0];
    r[2] = sr * w[1] - si * w[4], i[2] = sr * w[4] + si * w[1];
    r[3] = mr * w[2] - mi * w[5], i[3] = mr * w[5] + mi * w[2];
}

/* Store four vectors so that their first lanes lie together, then their second ones, and so on. */
INLINE void fft_weave(const vec *v, float *y)
{
    const vec a = __builtin_shufflevector(v[0], v[2], FFT_LOW), b = __builtin_shufflevector(v[1], v[3], FFT_LOW);
    const vec c = __builtin_shufflevector(v[0], v[2], FFT_HIGH), d = __builtin_shufflevector(v[1], v[3], FFT_HIGH);
    FFT_PUT(y, __builtin_shufflevector(a, b, FFT_LOW));
    FFT_PUT(y + LANES, __builtin_shufflevector(a, b, FFT_HIGH));
    FFT_PUT(y + 2 * LANES, __builtin_shufflevector(c, d, FFT_LOW));
    FFT_PUT(y + 3 * LANES, __builtin_shufflevector(c, d, FFT_HIGH));
}

/* The first pass: neighbours in a vector are butterflies of their own factors. */
INLINE void fft_first_wide(const int count, const float *twiddles, const float *restrict xr, const float *restrict xi,
                           float *restrict yr, float *restrict yi)
{
    for (int p = 0; p < count; p += LANES) {
        vec w[6], r[4], i[4];
        UNROLL
        for (int j = 0; j < 6; j++)
            w[j] = FFT_VEC(twiddles + j * count + p);
        fft_butterflies(xr + p, xi + p, count, w, r, i);
        fft_weave(r, yr + 4 * p);
        fft_weave(i, yi + 4 * p);
    }
}

#if LANES > 4
/* The same in fours. */
INLINE void fft_weave_fours(const vec *v, float *y)
{
    const vec a = __builtin_shufflevector(v[0], v[2], FFT_LOW_FOURS);
    const vec b = __builtin_shufflevector(v[1], v[3], FFT_LOW_FOURS);
    const vec c = __builtin_shufflevector(v[0], v[2], FFT_HIGH_FOURS);
    const vec d = __builtin_shufflevector(v[1], v[3], FFT_HIGH_FOURS);
    FFT_PUT(y, __builtin_shufflevector(a, b, FFT_LOW_FOURS));
    FFT_PUT(y + LANES, __builtin_shufflevector(a, b, FFT_HIGH_FOURS));
    FFT_PUT(y + 2 * LANES, __builtin_shufflevector(c, d, FFT_LOW_FOURS));
    FFT_PUT(y + 3 * LANES, __builtin_shufflevector(c, d, FFT_HIGH_FOURS));
}

/* The second pass: four neighbours share their factors. */
INLINE void fft_second_wide(const int count, const float *twiddles, const float *restrict xr, const float *restrict xi,
                            float *restrict yr, float *restrict yi)
{
    for (int p = 0; p < count; p += LANES / 4) {
        vec w[6], r[4], i[4];
        UNROLL
        for (int j = 0; j < 6; j++) {
            const vec own = FFT_VEC(twiddles + j * count + p); /* and others behind, of this pass or the next */
            w[j] = __builtin_shufflevector(own, own, FFT_FOUR_TIMES);
        }
        fft_butterflies(xr + 4 * p, xi + 4 * p, 4 * count, w, r, i);
        fft_weave_fours(r, yr + 16 * p);
        fft_weave_fours(i, yi + 16 * p);
    }
}
#endif

/* Every later pass: all neighbours share their factors. */
INLINE void fft_pass_wide(const int count, const int step, const float *twiddles, const float *restrict xr,
                          const float *restrict xi, float *restrict yr, float *restrict yi)
{
    for (int p = 0; p < count; p++) {
        vec w[6];
        UNROLL
        for (int j = 0; j < 6; j++)
            w[j] = twiddles[j * count + p] - (vec){0};
        for (int q = 0; q < step; q += LANES) {
            vec r[4], i[4];
            const int in = p * step + q, out = 4 * p * step + q;
            fft_butterflies(xr + in, xi + in, count * step, w, r, i);
            UNROLL
            for (int j = 0; j < 4; j++) {
                FFT_PUT(yr + out + j * step, r[j]);
                FFT_PUT(yi + out + j * step, i[j]);
            }
        }
    }
}

/* Do a pass of four, if it fills vectors. */
INLINE int fft_wide(const int count, const int step, const float *twiddles, const float *restrict xr,
                    const float *restrict xi, float *restrict yr, float *restrict yi)
{
    if (step % LANES == 0)
        fft_pass_wide(count, step, twiddles, xr, xi, yr, yi);
    else if (step == 1 && count % LANES == 0)
        fft_first_wide(count, twiddles, xr, xi, yr, yi);
#if LANES > 4
    else if (step == 4 && 4 * count % LANES == 0 && count >= LANES)
        fft_second_wide(count, twiddles, xr, xi, yr, yi);
#endif
    else
        return 0;
    return 1;
}
#endif
