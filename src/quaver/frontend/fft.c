/* ---- The Fourier transform of real samples ----------------------------------------------------------------------
 *
 * FFT_SIZE real samples are taken as half as many complex ones. Those are transformed by passes of four (Stockham's
 * order, which needs no bit reversal; Van Loan, "Computational Frameworks for the Fast Fourier Transform", 1992) and
 * split into the spectrum of the real ones. Real and imaginary parts lie in arrays of their own for the vectors' sake.
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

/* Transform work->real[0], work->imag[0]; gives which of the two arrays holds the result. */
static int fft_complex(fft_work *work)
{
    const float *twiddles = quaver_fft_twiddles;
    int from = 0, step = 1, size = FFT_HALF;
    for (; size >= 4; size /= 4, step *= 4, from = !from) {
        float *xr = work->real[from], *xi = work->imag[from], *yr = work->real[!from], *yi = work->imag[!from];
        switch (step) { /* constants let the compiler unroll the short loops */
        case 1: fft_pass(size / 4, 1, twiddles, xr, xi, yr, yi); break;
        case 4: fft_pass(size / 4, 4, twiddles, xr, xi, yr, yi); break;
        case 16: fft_pass(size / 4, 16, twiddles, xr, xi, yr, yi); break;
        default: fft_pass(size / 4, step, twiddles, xr, xi, yr, yi); break;
        }
        twiddles += 6 * (size / 4);
    }
    if (size == 2) {
        const float *xr = work->real[from], *xi = work->imag[from];
        float *yr = work->real[!from], *yi = work->imag[!from];
        for (int q = 0; q < step; q++) {
            yr[q] = xr[q] + xr[q + step];
            yi[q] = xi[q] + xi[q + step];
            yr[q + step] = xr[q] - xr[q + step];
            yi[q + step] = xi[q] - xi[q + step];
        }
        from = !from;
    }
    return from;
}

/* The magnitudes (FFT_SIZE / 2 + 1) of the real samples whose even and odd ones lie in real[0] and imag[0]. */
static void fft_magnitudes(fft_work *work, float *restrict magnitudes)
{
    const int at = fft_complex(work);
    const float *re = work->real[at], *im = work->imag[at];
    const float *cosines = quaver_fft_split, *sines = quaver_fft_split + FFT_HALF / 2 + 1;
    const float low = re[0] + im[0], high = re[0] - im[0];
    magnitudes[0] = low * low;
    magnitudes[FFT_HALF] = high * high;
    for (int k = 1; k <= FFT_HALF / 2; k++) {
        const int mirror = FFT_HALF - k;
        const float er = 0.5f * (re[k] + re[mirror]), ei = 0.5f * (im[k] - im[mirror]);
        const float or = 0.5f * (im[k] + im[mirror]), oi = 0.5f * (re[mirror] - re[k]);
        const float tr = or * cosines[k] - oi * sines[k], ti = or * sines[k] + oi * cosines[k];
        magnitudes[k] = (er + tr) * (er + tr) + (ei + ti) * (ei + ti);
        magnitudes[mirror] = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
    }
    for (int k = 0; k <= FFT_HALF; k++)
        magnitudes[k] = sqrt_f32(magnitudes[k]);
}
