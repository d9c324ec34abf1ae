/* ---- The Fourier transform of real samples, in whole numbers -----------------------------------------------------
 *
 * As fft.c, with 32 bits where that has floats. Factors are counted in 2^-31, products have 64 bits. A pass of r divides
 * by the power of two that is not below r, so no pass makes a number longer than the longest before; FFT_SHIFT is the sum
 * of these powers. Shifting a negative number to the right rounds down, as every compiler has it.
 */

#define FFT_HALF (FFT_SIZE / 2)
#define FFT_BITS 28 /* of a part at the beginning; sums of five complex numbers then have 31 */

typedef struct {
    int real[2][FFT_HALF + 1], imag[2][FFT_HALF + 1]; /* each pass reads one and writes the other */
} fft_work;

INLINE long long fft_times(int a, int b)
{
    return (long long)a * b;
}

/* Divide by 2^shift, rounded. */
INLINE int fft_part(int value, int shift)
{
    return (value + (1 << (shift - 1))) >> shift;
}

/* Rotate a complex number and divide it by 2^shift; gives one part of it. */
INLINE int fft_real(int r, int i, int wr, int wi, int shift)
{
    return (int)((fft_times(r, wr) - fft_times(i, wi) + ((long long)1 << (30 + shift))) >> (31 + shift));
}

INLINE int fft_imag(int r, int i, int wr, int wi, int shift)
{
    return (int)((fft_times(r, wi) + fft_times(i, wr) + ((long long)1 << (30 + shift))) >> (31 + shift));
}

/* One pass of four; the factors lie as in fft.c. */
INLINE void fft_pass(const int count, const int step, const int *w, const int *restrict xr,
                     const int *restrict xi, int *restrict yr, int *restrict yi)
{
    const int quarter = count * step;
    for (int p = 0; p < count; p++, w++) {
        const int w1r = w[0], w2r = w[count], w3r = w[2 * count];
        const int w1i = w[3 * count], w2i = w[4 * count], w3i = w[5 * count];
        for (int q = 0; q < step; q++) {
            const int in = p * step + q, out = 4 * p * step + q;
            const int ar = xr[in], ai = xi[in], br = xr[in + quarter], bi = xi[in + quarter];
            const int cr = xr[in + 2 * quarter], ci = xi[in + 2 * quarter];
            const int dr = xr[in + 3 * quarter], di = xi[in + 3 * quarter];
            const int evenr = ar + cr, eveni = ai + ci, oddr = br + dr, oddi = bi + di;
            const int lessr = ar - cr, lessi = ai - ci, turnr = di - bi, turni = br - dr;
            const int pr = lessr - turnr, pi = lessi - turni, mr = lessr + turnr, mi = lessi + turni;
            const int sr = evenr - oddr, si = eveni - oddi;
            yr[out] = fft_part(evenr + oddr, 2);
            yi[out] = fft_part(eveni + oddi, 2);
            yr[out + step] = fft_real(pr, pi, w1r, w1i, 2);
            yi[out + step] = fft_imag(pr, pi, w1r, w1i, 2);
            yr[out + 2 * step] = fft_real(sr, si, w2r, w2i, 2);
            yi[out + 2 * step] = fft_imag(sr, si, w2r, w2i, 2);
            yr[out + 3 * step] = fft_real(mr, mi, w3r, w3i, 2);
            yi[out + 3 * step] = fft_imag(mr, mi, w3r, w3i, 2);
        }
    }
}

/* A pass of three or five, divided by four or eight before it is rotated: see fft_odd in fft.c. */
INLINE void fft_odd(const int radix, const int count, const int step, const int *twiddles,
                    const int *restrict xr, const int *restrict xi, int *restrict yr, int *restrict yi)
{
    static const int cosines[2][2] = {{-1073741824, 0}, {663608942, -1737350766}};
    static const int sines[2][2] = {{1859775393, 0}, {2042378317, 1262259218}};
    const int half = radix / 2, part = count * step, kind = radix == 5, shift = radix == 5 ? 3 : 2;
    for (int p = 0; p < count; p++) {
        for (int q = 0; q < step; q++) {
            const int in = p * step + q, out = radix * p * step + q;
            int plusr[2], plusi[2], lessr[2], lessi[2], sumr = xr[in], sumi = xi[in];
            for (int j = 0; j < half; j++) {
                const int low = in + (j + 1) * part, high = in + (radix - 1 - j) * part;
                plusr[j] = xr[low] + xr[high], plusi[j] = xi[low] + xi[high];
                lessr[j] = xr[low] - xr[high], lessi[j] = xi[low] - xi[high];
                sumr += plusr[j], sumi += plusi[j];
            }
            yr[out] = fft_part(sumr, shift), yi[out] = fft_part(sumi, shift);
            for (int k = 1; k <= half; k++) {
                long long er = fft_times(xr[in], 1 << 30) * 2, ei = fft_times(xi[in], 1 << 30) * 2, or = 0, oi = 0;
                for (int j = 0; j < half; j++) { /* the angle is j k of a radix-th turn, folded to the upper half */
                    const int turn = (j + 1) * k % radix, at = turn <= half ? turn - 1 : radix - turn - 1;
                    const int sine = turn <= half ? sines[kind][at] : -sines[kind][at];
                    er += fft_times(plusr[j], cosines[kind][at]), ei += fft_times(plusi[j], cosines[kind][at]);
                    or += fft_times(lessi[j], sine), oi -= fft_times(lessr[j], sine);
                }
                const int *wr = twiddles + (k - 1) * count, *ur = twiddles + (radix - k - 1) * count;
                const int *wi = wr + (radix - 1) * count, *ui = ur + (radix - 1) * count;
                er += 1 << 30, ei += 1 << 30; /* a half, so that what follows is rounded */
                const int ar = (int)((er + or) >> 31), ai = (int)((ei + oi) >> 31);
                const int br = (int)((er - or) >> 31), bi = (int)((ei - oi) >> 31);
                yr[out + k * step] = fft_real(ar, ai, wr[p], wi[p], shift);
                yi[out + k * step] = fft_imag(ar, ai, wr[p], wi[p], shift);
                yr[out + (radix - k) * step] = fft_real(br, bi, ur[p], ui[p], shift);
                yi[out + (radix - k) * step] = fft_imag(br, bi, ur[p], ui[p], shift);
            }
        }
    }
}

/* One pass of two. */
INLINE void fft_two(const int count, const int step, const int *twiddles, const int *restrict xr,
                    const int *restrict xi, int *restrict yr, int *restrict yi)
{
    for (int p = 0; p < count; p++) {
        const int wr = twiddles[p], wi = twiddles[count + p];
        for (int q = 0; q < step; q++) {
            const int in = p * step + q, other = in + count * step, out = 2 * p * step + q;
            const int lessr = xr[in] - xr[other], lessi = xi[in] - xi[other];
            yr[out] = fft_part(xr[in] + xr[other], 1);
            yi[out] = fft_part(xi[in] + xi[other], 1);
            yr[out + step] = fft_real(lessr, lessi, wr, wi, 1);
            yi[out + step] = fft_imag(lessr, lessi, wr, wi, 1);
        }
    }
}

/* Transform work->real[0], work->imag[0]; gives which of the two arrays holds the result. */
static int fft_complex(fft_work *work)
{
    const int *twiddles = quaver_fft_twiddles;
    int from = 0, step = 1, size = FFT_HALF, radix;
    for (; size > 1; size /= radix, step *= radix, from = !from) {
        int *xr = work->real[from], *xi = work->imag[from], *yr = work->real[!from], *yi = work->imag[!from];
        radix = size % 4 == 0 ? 4 : size % 2 == 0 ? 2 : size % 3 == 0 ? 3 : 5;
        if (radix == 4)
            fft_pass(size / 4, step, twiddles, xr, xi, yr, yi);
        else if (radix == 2)
            fft_two(size / 2, step, twiddles, xr, xi, yr, yi);
        else if (FFT_HALF % 3 == 0 && radix == 3)
            fft_odd(3, size / 3, step, twiddles, xr, xi, yr, yi);
        else if (FFT_HALF % 5 == 0)
            fft_odd(5, size / 5, step, twiddles, xr, xi, yr, yi);
        twiddles += 2 * (radix - 1) * (size / radix);
    }
    return from;
}

/* How many bits a number has. */
INLINE int fft_bits(unsigned value)
{
#if defined(__GNUC__)
    return value ? 32 - __builtin_clz(value) : 0;
#else
    int bits = 0;
    for (; value; value >>= 1)
        bits++;
    return bits;
#endif
}

/* Transform the real samples whose even and odd ones lie in real[0] and imag[0]; gives which of the two arrays holds
 * twice their spectrum (FFT_SIZE / 2 + 1). */
static int fft_spectrum(fft_work *work)
{
    const int at = fft_complex(work);
    const int *restrict re = work->real[at], *restrict im = work->imag[at];
    const int *cosines = quaver_fft_split, *sines = quaver_fft_split + FFT_HALF / 2 + 1;
    int *restrict r = work->real[!at], *restrict s = work->imag[!at];
    r[0] = 2 * (re[0] + im[0]), r[FFT_HALF] = 2 * (re[0] - im[0]);
    s[0] = s[FFT_HALF] = 0;
    for (int k = 1; k <= FFT_HALF / 2; k++) {
        const int mirror = FFT_HALF - k;
        const int er = re[k] + re[mirror], ei = im[k] - im[mirror], or = im[k] + im[mirror], oi = re[mirror] - re[k];
        const int tr = fft_real(or, oi, cosines[k], sines[k], 0), ti = fft_imag(or, oi, cosines[k], sines[k], 0);
        r[k] = er + tr, s[k] = ei + ti;
        r[mirror] = er - tr, s[mirror] = ti - ei;
    }
    return !at;
}
