/* ---- Convolution of bytes ---------------------------------------------------------------------------------------
 *
 * As the convolution of floats, four bytes at a time: weights are packed (ceil(channels / 16), k / 4, 16, 4). Bytes of
 * the input have no sign, weights have one. Processors that want signs on both sides get the input less 128 and the
 * second row of biases, which makes up for it.
 */

#if defined(__AVX512VNNI__) && !defined(QUAVER_PLAIN)
#include <immintrin.h>
#define BYTE_TILE 8
#define BYTE_VECTORS 1
typedef __m512i byte_sums;
#define BYTE_LOAD(from) _mm512_loadu_si512(from)
#define BYTE_STORE(to, v) _mm512_storeu_si512(to, v)
INLINE byte_sums byte_dot(byte_sums sum, int four, byte_sums weights)
{
    return _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(four), weights);
}
#elif defined(__AVX2__) && !defined(QUAVER_PLAIN)
#include <immintrin.h>
#define BYTE_TILE 4
#define BYTE_VECTORS 2
typedef __m256i byte_sums;
#define BYTE_LOAD(from) _mm256_loadu_si256((const __m256i *)(const void *)(from))
#define BYTE_STORE(to, v) _mm256_storeu_si256((__m256i *)(void *)(to), v)
INLINE byte_sums byte_dot(byte_sums sum, int four, byte_sums weights)
{
#if defined(__AVXVNNI__)
    return _mm256_dpbusd_avx_epi32(sum, _mm256_set1_epi32(four), weights);
#else
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi32(four), weights); /* fits: see `narrow` */
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
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
#define BYTE_TILE 2
#define BYTE_VECTORS 4
#define BYTE_EXACT 1
/* Products are summed in pairs, so two sums stand for each channel until they are stored. */
typedef struct {
    v128_t low, high;
} byte_sums;
typedef byte_sums byte_weights; /* of sixteen bits */
INLINE byte_weights byte_load(const signed char *from)
{
    const v128_t bytes = wasm_v128_load(from);
    return (byte_weights){wasm_i16x8_extend_low_i8x16(bytes), wasm_i16x8_extend_high_i8x16(bytes)};
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
#define BYTE_LOAD(from) byte_load(from)
#define BYTE_BEGIN(from) byte_begin(from)
#define BYTE_STORE(to, v) byte_store(to, v)
INLINE byte_sums byte_dot(byte_sums sum, int four, byte_weights weights)
{
    const v128_t values = wasm_u16x8_extend_low_u8x16(wasm_i32x4_splat(four));
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

#ifndef BYTE_PAIRS
/* Sum up a tile in plain C, for every processor and for weights whose products do not fit sixteen bits. */
static void sum_plain_u8(int places, const conv_shape *s, const unsigned char *x, const signed char *w,
                         const int *bias, int *sums)
{
    for (int p = 0; p < places; p++)
        for (int c = 0; c < BLOCK; c++)
            sums[p * BLOCK + c] = bias[c];
    for (int down = 0; down < s->taps_down; down++) {
        for (int along = 0; along < s->taps_along; along++) {
            const unsigned char *from = x + down * s->tap_row + along * s->tap_step;
            for (int k = 0; k < s->run; k += 4, w += 4 * BLOCK) {
                for (int p = 0; p < places; p++) {
                    const unsigned char *four = from + p * s->x_step + k;
                    for (int c = 0; c < BLOCK; c++)
                        sums[p * BLOCK + c] += four[0] * w[4 * c] + four[1] * w[4 * c + 1] + four[2] * w[4 * c + 2] +
                                               four[3] * w[4 * c + 3];
                }
            }
        }
    }
}
#endif

#ifdef BYTE_VECTORS
INLINE int byte_four(const unsigned char *from)
{
    int four;
    __builtin_memcpy(&four, from, 4);
    return four;
}

INLINE void sum_tile_u8(const int places, const conv_shape *s, const unsigned char *x, const signed char *w,
                        const int *bias, int *sums)
{
    byte_sums sum[BYTE_TILE][BYTE_VECTORS];
    UNROLL
    for (int p = 0; p < places; p++)
        UNROLL
        for (int v = 0; v < BYTE_VECTORS; v++)
            sum[p][v] = BYTE_BEGIN(bias + v * (BLOCK / BYTE_VECTORS));
    for (int down = 0; down < s->taps_down; down++) {
        for (int along = 0; along < s->taps_along; along++) {
            const unsigned char *from = x + down * s->tap_row + along * s->tap_step;
            for (int k = 0; k < s->run; k += 4, w += 4 * BLOCK) {
                byte_weights weight[BYTE_VECTORS];
                UNROLL
                for (int v = 0; v < BYTE_VECTORS; v++)
                    weight[v] = BYTE_LOAD(w + v * (4 * BLOCK / BYTE_VECTORS));
                UNROLL
                for (int p = 0; p < places; p++) {
                    const int four = byte_four(from + p * s->x_step + k);
                    UNROLL
                    for (int v = 0; v < BYTE_VECTORS; v++)
                        sum[p][v] = byte_dot(sum[p][v], four, weight[v]);
                }
            }
        }
    }
    UNROLL
    for (int p = 0; p < places; p++)
        UNROLL
        for (int v = 0; v < BYTE_VECTORS; v++)
            BYTE_STORE(sums + p * BLOCK + v * (BLOCK / BYTE_VECTORS), sum[p][v]);
}
#endif

#ifdef BYTE_PAIRS
INLINE unsigned byte_word(const void *from)
{
    unsigned word;
    __builtin_memcpy(&word, from, 4);
    return word;
}

/* Bytes 1 and 3 of a word come to where 0 and 2 were. */
INLINE unsigned byte_odd(unsigned word)
{
    return word >> 8 | word << 24;
}

/* Sum up one or two places for two channels at a time: so many sums, bytes and weights fill the registers. */
INLINE void sum_pairs_u8(const int places, const conv_shape *s, const unsigned char *x, const signed char *w,
                         const int *bias, int *sums)
{
    for (int c = 0; c < BLOCK; c += 2) {
        const signed char *weights = w + 4 * c;
        int sum[2][2] = {{bias[c], bias[c + 1]}, {bias[c], bias[c + 1]}};
        for (int down = 0; down < s->taps_down; down++) {
            for (int along = 0; along < s->taps_along; along++) {
                const unsigned char *from = x + down * s->tap_row + along * s->tap_step, *end = from + s->run;
                const unsigned char *other = from + s->x_step;
                for (; from < end; from += 4, other += 4, weights += 4 * BLOCK) {
                    const unsigned a = byte_word(weights), b = byte_word(weights + 4);
                    const int16x2_t a02 = __sxtb16((int8x4_t)a), a13 = __sxtb16((int8x4_t)byte_odd(a));
                    const int16x2_t b02 = __sxtb16((int8x4_t)b), b13 = __sxtb16((int8x4_t)byte_odd(b));
                    UNROLL
                    for (int p = 0; p < places; p++) {
                        const unsigned four = byte_word(p ? other : from);
                        const int16x2_t x02 = (int)(four & 0x00ff00ffu), x13 = (int)(four >> 8 & 0x00ff00ffu);
                        sum[p][0] = __smlad(x13, a13, __smlad(x02, a02, sum[p][0]));
                        sum[p][1] = __smlad(x13, b13, __smlad(x02, b02, sum[p][1]));
                    }
                }
            }
        }
        for (int p = 0; p < places; p++) {
            sums[p * BLOCK + c] = sum[p][0];
            sums[p * BLOCK + c + 1] = sum[p][1];
        }
    }
}
#endif

/* Sum a tile; `bias` has a row for bytes without a sign, and `bias_signed` for those less 128. */
static void sum_u8(int places, const conv_shape *s, const unsigned char *x, const signed char *w, const int *bias,
                   const int *bias_signed, int *sums)
{
#ifdef BYTE_VECTORS
    const int *own = BYTE_SIGNED ? bias_signed : bias;
    if (s->narrow || BYTE_EXACT) {
        switch (places) {
        case 1: sum_tile_u8(1, s, x, w, own, sums); return;
#if BYTE_TILE > 1
        case 2: sum_tile_u8(2, s, x, w, own, sums); return;
#endif
#if BYTE_TILE > 2
        case 3: sum_tile_u8(3, s, x, w, own, sums); return;
        case 4: sum_tile_u8(4, s, x, w, own, sums); return;
#endif
#if BYTE_TILE > 4
        case 5: sum_tile_u8(5, s, x, w, own, sums); return;
        case 6: sum_tile_u8(6, s, x, w, own, sums); return;
#endif
#if BYTE_TILE > 6
        case 7: sum_tile_u8(7, s, x, w, own, sums); return;
        case 8: sum_tile_u8(8, s, x, w, own, sums); return;
#endif
        }
    }
#else
    (void)bias_signed;
#endif
#ifdef BYTE_PAIRS
    if (places == 2)
        sum_pairs_u8(2, s, x, w, bias, sums);
    else
        sum_pairs_u8(1, s, x, w, bias, sums);
    return;
#else
    sum_plain_u8(places, s, x, w, bias, sums);
#endif
}

/* Go through all tiles; what becomes of their sums is up to `keep`. */
#define CONV_U8(keep)                                                                                                  \
    const int depth = s->taps_down * s->taps_along * ((s->run + 3) / 4 * 4);                                           \
    const int blocks = (s->channels + BLOCK - 1) / BLOCK * BLOCK;                                                      \
    for (int first = 0; first < s->channels; first += BLOCK) {                                                         \
        const int channels = s->channels - first < BLOCK ? s->channels - first : BLOCK;                                \
        for (int row = 0; row < s->rows; row++) {                                                                      \
            for (int place = 0, tiles = (s->places + BYTE_TILE - 1) / BYTE_TILE; tiles > 0; tiles--) {                 \
                const int places = (s->places - place + tiles - 1) / tiles;                                            \
                int sums[BYTE_TILE * BLOCK];                                                                           \
                sum_u8(places, s, x + row * s->x_row + place * s->x_step, weights + first * depth, bias + first,       \
                       bias + blocks + first, sums);                                                                   \
                for (int p = 0; p < places; p++, place++)                                                              \
                    keep(s, place, channels, sums + p * BLOCK, factor + first, y + row * s->y_row + first);            \
            }                                                                                                          \
        }                                                                                                              \
    }
