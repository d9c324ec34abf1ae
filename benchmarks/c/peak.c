/* What a core can do at most: multiply-adds that wait for nothing, on as many registers as that takes. */

#if defined(__AVX2__)
#include <immintrin.h>
#endif

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

/* The same with bytes, four products to a sum of 32 bits; 0 where the processor has no instructions for that. */
#if defined(__AVX512VNNI__)
typedef int ints __attribute__((vector_size(64)));
#define DOT(sum, a, b) (ints) _mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b)
#elif defined(__AVXVNNI__)
typedef int ints __attribute__((vector_size(32)));
#define DOT(sum, a, b) (ints) _mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)a, (__m256i)b)
#elif defined(__AVX2__)
typedef int ints __attribute__((vector_size(32)));
#define PAIRS(a, b) _mm256_madd_epi16(_mm256_maddubs_epi16((__m256i)a, (__m256i)b), _mm256_set1_epi16(1))
#define DOT(sum, a, b) (sum + (ints)PAIRS(a, b))
#endif

double peak_bytes(long times, int *out)
{
#ifdef DOT
    ints sum[SUMS], a = {0}, b = {0};
    a += out[0];
    b += out[1];
#pragma GCC unroll 12
    for (int i = 0; i < SUMS; i++)
        sum[i] = a * i;
    for (long n = 0; n < times; n++) {
        __asm__ volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++) {
#ifndef __AVX512VNNI__
            __asm__ volatile("" : "+x"(b)); /* or the products would be computed once */
#endif
            sum[i] = DOT(sum[i], a, b);
        }
    }
    for (int i = 0; i < SUMS; i++)
        for (unsigned lane = 0; lane < sizeof(ints) / 4; lane++)
            out[0] += sum[i][lane];
    return (double)times * SUMS * sizeof(ints);
#else
    (void)times;
    (void)out;
    return 0.0;
#endif
}
