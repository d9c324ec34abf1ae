/* What a core can do at most: fused multiply-adds that wait for nothing, on as many registers as that takes. */

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define SUMS 12

typedef float vec __attribute__((vector_size(4 * LANES)));

/* Multiply and add `times` over all sums; gives how many multiply-accumulates that were. */
double peak(long times, float *out)
{
    vec sum[SUMS], a = {0}, b = {0};
    a += out[0];
    b += out[1];
#pragma GCC unroll 12
    for (int i = 0; i < SUMS; i++)
        sum[i] = a * (float)i; /* a compiler computes equal sums once */
    for (long n = 0; n < times; n++) {
#if defined(__x86_64__)
        __asm__ volatile("" : "+x"(a), "+x"(b)); /* nothing is computed before the loop */
#elif defined(__aarch64__)
        __asm__ volatile("" : "+w"(a), "+w"(b));
#endif
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++)
            sum[i] += a * b;
    }
    for (int i = 0; i < SUMS; i++)
        for (int lane = 0; lane < LANES; lane++)
            out[0] += sum[i][lane];
    return (double)times * SUMS * LANES;
}
