/* ---- The Fourier transform of real samples ----------------------------------------------------------------------
 *
 * FFT_SIZE real samples are taken as half as many complex ones. Those are transformed by passes of four, and of two,
 * three and five where the size asks for them (Stockham's order, which needs no bit reversal; Van Loan, "Computational
 * Frameworks for the Fast Fourier Transform", 1992), and split into the spectrum of the real ones. Real and imaginary
 * parts lie in arrays of their own for the vectors' sake.
 */

#define FFT_HALF (FFT_SIZE / 2)

typedef struct {
    float real[2][FFT_HALF], imag[2][FFT_HALF]; /* each pass reads one and writes the other */
} fft_work;

/* One pass: `count` butterflies of four, each over `step` neighbouring transforms. Its twiddles lie one after the
 * other: the real parts of w, w^2 and w^3 for all butterflies, then the imaginary ones. */
INLINE void fft_pass(const int count, const int step, const float *twiddles, const float *restrict xr,
                     const float *restrict xi, float *restrict yr, float *restrict yi)
{
    const int quarter = count * step;
    for (int p = 0; p < count; p++) {
        const float w1r = twiddles[p], w2r = twiddles[count + p], w3r = twiddles[2 * count + p];
        const float w1i = twiddles[3 * count + p], w2i = twiddles[4 * count + p], w3i = twiddles[5 * count + p];
        for (int q = 0; q < step; q++) {
            const int in = p * step + q, out = 4 * p * step + q;
            const float ar = xr[in], ai = xi[in], br = xr[in + quarter], bi = xi[in + quarter];
            const float cr = xr[in + 2 * quarter], ci = xi[in + 2 * quarter];
            const float dr = xr[in + 3 * quarter], di = xi[in + 3 * quarter];
            const float evenr = ar + cr, eveni = ai + ci, oddr = br + dr, oddi = bi + di;
            const float lessr = ar - cr, lessi = ai - ci, turnr = di - bi, turni = br - dr; /* turn = i (b - d) */
            const float pr = lessr - turnr, pi = lessi - turni, mr = lessr + turnr, mi = lessi + turni;
            const float sr = evenr - oddr, si = eveni - oddi;
            yr[out] = evenr + oddr;
            yi[out] = eveni + oddi;
            yr[out + step] = pr * w1r - pi * w1i;
            yi[out + step] = pr * w1i + pi * w1r;
            yr[out + 2 * step] = sr * w2r - si * w2i;
            yi[out + 2 * step] = sr * w2i + si * w2r;
            yr[out + 3 * step] = mr * w3r - mi * w3i;
            yi[out + 3 * step] = mr * w3i + mi * w3r;
        }
    }
}

/* A pass of another size: `radix` inputs are brought to as many outputs by sums of two halves, as for every odd size:
 * a_j + a_(radix - j) meets cosines, a_j - a_(radix - j) meets sines. */
INLINE void fft_odd(const int radix, const int count, const int step, const float *twiddles, const float *restrict xr,
                    const float *restrict xi, float *restrict yr, float *restrict yi)
{
    static const float cosines[2][2] = {{-0.5f, 0.0f}, {0.309016994f, -0.809016994f}};
    static const float sines[2][2] = {{0.866025404f, 0.0f}, {0.951056516f, 0.587785252f}};
    const int half = radix / 2, part = count * step, kind = radix == 5;
    for (int p = 0; p < count; p++) {
        for (int q = 0; q < step; q++) {
            const int in = p * step + q, out = radix * p * step + q;
            float plusr[2], plusi[2], lessr[2], lessi[2], sumr = xr[in], sumi = xi[in];
            for (int j = 0; j < half; j++) {
                const int low = in + (j + 1) * part, high = in + (radix - 1 - j) * part;
                plusr[j] = xr[low] + xr[high], plusi[j] = xi[low] + xi[high];
                lessr[j] = xr[low] - xr[high], lessi[j] = xi[low] - xi[high];
                sumr += plusr[j], sumi += plusi[j];
            }
            yr[out] = sumr, yi[out] = sumi;
            for (int k = 1; k <= half; k++) {
                float er = xr[in], ei = xi[in], or = 0.0f, oi = 0.0f;
                for (int j = 0; j < half; j++) { /* the angle is j k of a radix-th turn, folded to the upper half */
                    const int turn = (j + 1) * k % radix, at = turn <= half ? turn - 1 : radix - turn - 1;
                    const float sine = turn <= half ? sines[kind][at] : -sines[kind][at];
                    er += cosines[kind][at] * plusr[j], ei += cosines[kind][at] * plusi[j];
                    or += sine * lessi[j], oi -= sine * lessr[j];
                }
                const float *wr = twiddles + (k - 1) * count, *ur = twiddles + (radix - k - 1) * count;
                const float *wi = wr + (radix - 1) * count, *ui = ur + (radix - 1) * count;
                const float ar = er + or, ai = ei + oi, br = er - or, bi = ei - oi;
                yr[out + k * step] = ar * wr[p] - ai * wi[p];
                yi[out + k * step] = ar * wi[p] + ai * wr[p];
                yr[out + (radix - k) * step] = br * ur[p] - bi * ui[p];
                yi[out + (radix - k) * step] = br * ui[p] + bi * ur[p];
            }
        }
    }
}

/* One pass of two. */
INLINE void fft_two(const int count, const int step, const float *twiddles, const float *restrict xr,
                    const float *restrict xi, float *restrict yr, float *restrict yi)
{
    for (int p = 0; p < count; p++) {
        const float wr = twiddles[p], wi = twiddles[count + p];
        for (int q = 0; q < step; q++) {
            const int in = p * step + q, other = in + count * step, out = 2 * p * step + q;
            const float lessr = xr[in] - xr[other], lessi = xi[in] - xi[other];
            yr[out] = xr[in] + xr[other];
            yi[out] = xi[in] + xi[other];
            yr[out + step] = lessr * wr - lessi * wi;
            yi[out + step] = lessr * wi + lessi * wr;
        }
    }
}

/* Transform work->real[0], work->imag[0]; gives which of the two arrays holds the result. */
static int fft_complex(fft_work *work)
{
    const float *twiddles = quaver_fft_twiddles;
    int from = 0, step = 1, size = FFT_HALF, radix;
    for (; size > 1; size /= radix, step *= radix, from = !from) {
        float *xr = work->real[from], *xi = work->imag[from], *yr = work->real[!from], *yi = work->imag[!from];
        radix = size % 4 == 0 ? 4 : size % 2 == 0 ? 2 : size % 3 == 0 ? 3 : 5;
#ifdef FFT_WIDE
        if (radix == 4 && fft_wide(size / 4, step, twiddles, xr, xi, yr, yi)) {
        } else
#endif
        if (radix == 4) {
            switch (step) { /* constants let the compiler unroll the short loops */
            case 1: fft_pass(size / 4, 1, twiddles, xr, xi, yr, yi); break;
            case 4: fft_pass(size / 4, 4, twiddles, xr, xi, yr, yi); break;
            case 16: fft_pass(size / 4, 16, twiddles, xr, xi, yr, yi); break;
            default: fft_pass(size / 4, step, twiddles, xr, xi, yr, yi); break;
            }
        } else if (radix == 2) {
            fft_two(size / 2, step, twiddles, xr, xi, yr, yi);
        } else if (FFT_HALF % 3 == 0 && radix == 3) {
            fft_odd(3, size / 3, step, twiddles, xr, xi, yr, yi);
        } else if (FFT_HALF % 5 == 0) {
            fft_odd(5, size / 5, step, twiddles, xr, xi, yr, yi);
        }
        twiddles += 2 * (radix - 1) * (size / radix);
    }
    return from;
}

/* Take FFT_SIZE samples under a window, even ones as the real and odd ones as the imaginary parts. */
INLINE void fft_take(fft_work *work, const float *restrict samples, const float *restrict window)
{
#ifdef FFT_WIDE
    const int whole = FFT_HALF / LANES * LANES;
    for (int i = 0; i < whole; i += LANES) {
        const vec a = FFT_VEC(samples + 2 * i) * FFT_VEC(window + 2 * i);
        const vec b = FFT_VEC(samples + 2 * i + LANES) * FFT_VEC(window + 2 * i + LANES);
        FFT_PUT(work->real[0] + i, __builtin_shufflevector(a, b, FFT_EVEN));
        FFT_PUT(work->imag[0] + i, __builtin_shufflevector(a, b, FFT_ODD));
    }
#else
    const int whole = 0;
#endif
    for (int i = whole; i < FFT_HALF; i++) {
        work->real[0][i] = samples[2 * i] * window[2 * i];
        work->imag[0][i] = samples[2 * i + 1] * window[2 * i + 1];
    }
}

#ifdef FFT_WIDE
/* LANES powers from k on and those at their mirrors, which lie in reverse. */
INLINE void fft_split_wide(const float *re, const float *im, const float *cosines, const float *sines, int k,
                           float *powers)
{
    const int mirror = FFT_HALF - k - (LANES - 1);
    const vec ar = FFT_VEC(re + k), ai = FFT_VEC(im + k), cosine = FFT_VEC(cosines + k), sine = FFT_VEC(sines + k);
    const vec br = __builtin_shufflevector(FFT_VEC(re + mirror), FFT_VEC(re + mirror), FFT_BACK);
    const vec bi = __builtin_shufflevector(FFT_VEC(im + mirror), FFT_VEC(im + mirror), FFT_BACK);
    const vec er = 0.5f * (ar + br), ei = 0.5f * (ai - bi), or = 0.5f * (ai + bi), oi = 0.5f * (br - ar);
    const vec tr = or * cosine - oi * sine, ti = or * sine + oi * cosine;
    const vec back = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
    FFT_PUT(powers + k, (er + tr) * (er + tr) + (ei + ti) * (ei + ti));
    FFT_PUT(powers + mirror, __builtin_shufflevector(back, back, FFT_BACK));
}
#endif

/* The powers (FFT_SIZE / 2 + 1) of the real samples whose even and odd ones lie in real[0] and imag[0]. */
INLINE void fft_powers(fft_work *work, float *restrict powers)
{
    const int at = fft_complex(work);
    const float *re = work->real[at], *im = work->imag[at];
    const float *cosines = quaver_fft_split, *sines = quaver_fft_split + FFT_HALF / 2 + 1;
    const float low = re[0] + im[0], high = re[0] - im[0];
    powers[0] = low * low;
    powers[FFT_HALF] = high * high;
#ifdef FFT_WIDE
    const int whole = FFT_HALF / 2 / LANES * LANES;
    for (int k = 1; k <= whole; k += LANES)
        fft_split_wide(re, im, cosines, sines, k, powers);
#else
    const int whole = 0;
#endif
    for (int k = whole + 1; k <= FFT_HALF / 2; k++) {
        const int mirror = FFT_HALF - k;
        const float er = 0.5f * (re[k] + re[mirror]), ei = 0.5f * (im[k] - im[mirror]);
        const float or = 0.5f * (im[k] + im[mirror]), oi = 0.5f * (re[mirror] - re[k]);
        const float tr = or * cosines[k] - oi * sines[k], ti = or * sines[k] + oi * cosines[k];
        powers[k] = (er + tr) * (er + tr) + (ei + ti) * (ei + ti);
        powers[mirror] = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
    }
}
