/* ---- Products of four bytes with four weights, added to a sum, as the processor has them ------------------------
 *
 * BYTE_TILE places by BYTE_BLOCKS blocks of channels fill the registers. What is not BYTE_EXACT sums two products in
 * sixteen bits, which only `narrow` weights allow.
 */

#if defined(__AVX512VNNI__) && !defined(QUAVER_PLAIN)
#include <immintrin.h>
#define BYTE_TILE 14
#define BYTE_BLOCKS 2 /* so that every byte of the input is read for 32 channels */
#define BYTE_VECTORS 1
#define BYTE_EXACT 1
typedef int byte_sums __attribute__((vector_size(64))); /* as __m512i, gcc 12 copies every sum in every turn */
#define BYTE_LOAD(from) ((byte_sums)_mm512_loadu_si512(from))
#define BYTE_STORE(to, v) _mm512_storeu_si512(to, (__m512i)(v))
INLINE byte_sums byte_dot(byte_sums sum, int four, byte_sums weights)
{
    return (byte_sums)_mm512_dpbusd_epi32((__m512i)sum, _mm512_set1_epi32(four), (__m512i)weights);
}
#elif defined(__AVX2__) && !defined(QUAVER_PLAIN)
#include <immintrin.h>
#define BYTE_TILE 3
#define BYTE_BLOCKS 2
#define BYTE_VECTORS 2
#if defined(__AVXVNNI__)
#define BYTE_EXACT 1
#endif
typedef int byte_sums __attribute__((vector_size(32)));
#define BYTE_LOAD(from) ((byte_sums)_mm256_loadu_si256((const __m256i *)(const void *)(from)))
#define BYTE_STORE(to, v) _mm256_storeu_si256((__m256i *)(void *)(to), (__m256i)(v))
INLINE byte_sums byte_dot(byte_sums sum, int four, byte_sums weights)
{
#if defined(__AVXVNNI__)
    return (byte_sums)_mm256_dpbusd_avx_epi32((__m256i)sum, _mm256_set1_epi32(four), (__m256i)weights);
#else
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi32(four), (__m256i)weights); /* fits: see `narrow` */
    return sum + (byte_sums)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#endif
}
#elif defined(__ARM_FEATURE_DOTPROD) && !defined(QUAVER_PLAIN)
#include <arm_neon.h>
#define BYTE_TILE 6
#define BYTE_VECTORS 4
#define BYTE_SIGNED 1
typedef int32x4_t byte_sums;
#define BYTE_LOAD(from) vld1q_s32((const int *)(const void *)(from))
#define BYTE_STORE(to, v) vst1q_s32(to, v)
INLINE byte_sums byte_dot(byte_sums sum, int four, byte_sums weights)
{
    const int8x16_t bytes = vreinterpretq_s8_s32(vdupq_n_s32(four ^ (int)0x80808080));
    return vdotq_s32(sum, vreinterpretq_s8_s32(weights), bytes);
}
#elif defined(__wasm_simd128__) && !defined(QUAVER_PLAIN)
#include <wasm_simd128.h>
#define BYTE_TILE 4
#define BYTE_WIDE 1 /* multiplies sixteen bits, so the bytes of some places are widened once for all channels */
/* Products are summed in pairs, so two sums stand for each of four channels until they are stored. */
typedef struct {
    v128_t low, high;
} byte_sums;
INLINE byte_sums byte_load(const signed char *from)
{
    return (byte_sums){wasm_i16x8_load8x8(from), wasm_i16x8_load8x8(from + 8)};
}
INLINE byte_sums byte_begin(const int *from)
{
    return (byte_sums){wasm_i32x4_make(from[0], 0, from[1], 0), wasm_i32x4_make(from[2], 0, from[3], 0)};
}
INLINE void byte_store(int *to, byte_sums sum)
{
    const v128_t even = wasm_i32x4_shuffle(sum.low, sum.high, 0, 2, 4, 6);
    wasm_v128_store(to, wasm_i32x4_add(even, wasm_i32x4_shuffle(sum.low, sum.high, 1, 3, 5, 7)));
}
INLINE byte_sums byte_dot_wide(byte_sums sum, const short *four, byte_sums weights)
{
    const v128_t values = wasm_v128_load64_splat(four);
    return (byte_sums){wasm_i32x4_add(sum.low, wasm_i32x4_dot_i16x8(values, weights.low)),
                       wasm_i32x4_add(sum.high, wasm_i32x4_dot_i16x8(values, weights.high))};
}
#elif defined(__ARM_FEATURE_MVE) && !defined(QUAVER_PLAIN)
#include <arm_mve.h>
#define BYTE_TILE 1 /* its sums take half of the registers */
#define BYTE_VECTORS 4
#define BYTE_SIGNED 1
#define BYTE_EXACT 0
typedef int32x4_t byte_sums;
typedef int8x16_t byte_weights;
#define BYTE_LOAD(from) vldrbq_s8(from)
#define BYTE_BEGIN(from) vldrwq_s32((const int32_t *)(const void *)(from))
#define BYTE_STORE(to, v) vstrwq_s32((int32_t *)(void *)(to), v)
INLINE byte_sums byte_dot(byte_sums sum, int four, byte_weights weights)
{
    const int8x16_t bytes = vreinterpretq_s8_u32(vdupq_n_u32((unsigned)four ^ 0x80808080u));
    const int16x8_t even = vmullbq_int_s8(bytes, weights), odd = vmulltq_int_s8(bytes, weights);
    const int16x8_t pairs = vaddq_s16(even, odd); /* fits: see `narrow` */
    return vaddq_s32(sum, vaddq_s32(vmovlbq_s16(pairs), vmovltq_s16(pairs)));
}
#elif defined(__ARM_FEATURE_SIMD32) && __ARM_ARCH_PROFILE == 'M' && !defined(QUAVER_PLAIN)
#include <arm_acle.h>
#define BYTE_TILE 2
#define BYTE_PAIRS 1 /* a multiplication of two pairs of sixteen bits at once */
#else
#define BYTE_TILE 4
#endif
#ifndef BYTE_BLOCKS
#define BYTE_BLOCKS 1 /* of channels in a tile */
#endif
#ifndef BYTE_SIGNED
#define BYTE_SIGNED 0 /* wants the bytes of the input less 128 */
#endif
#ifndef BYTE_EXACT
#define BYTE_EXACT BYTE_SIGNED /* never sums two products in sixteen bits */
#endif
#ifndef BYTE_BEGIN
#define BYTE_BEGIN(from) BYTE_LOAD(from)
#define byte_weights byte_sums
#endif
