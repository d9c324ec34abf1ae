/* ---- Convolution of bytes ---------------------------------------------------------------------------------------
 *
 * As the convolution of floats, four bytes at a time: weights are packed (ceil(channels / 16), k / 4, 16, 4). Bytes of
 * the input have no sign, weights have one. Processors that want signs on both sides get the input less 128 and the
 * second row of biases, which makes up for it.
 */

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

/* Sum a tile of some places by some blocks of channels, whose weights begin `next` apart. */
INLINE void sum_tile_u8(const int places, const int blocks, const conv_shape *s, const unsigned char *x,
                        const signed char *w, int next, const int *bias, int *sums)
{
    byte_sums sum[BYTE_TILE][BYTE_BLOCKS * BYTE_VECTORS];
    UNROLL
    for (int p = 0; p < places; p++)
        UNROLL
        for (int v = 0; v < blocks * BYTE_VECTORS; v++)
            sum[p][v] = BYTE_BEGIN(bias + v * (BLOCK / BYTE_VECTORS));
    for (int down = 0; down < s->taps_down; down++) {
        for (int along = 0; along < s->taps_along; along++) {
            const unsigned char *from = x + down * s->tap_row + along * s->tap_step;
            for (int k = 0; k < s->run; k += 4, w += 4 * BLOCK) {
                byte_weights weight[BYTE_BLOCKS * BYTE_VECTORS];
                UNROLL
                for (int b = 0; b < blocks; b++)
                    PREFETCH(w + (blocks + b) * next);
                UNROLL
                for (int v = 0; v < blocks * BYTE_VECTORS; v++)
                    weight[v] = BYTE_LOAD(w + v / BYTE_VECTORS * next + v % BYTE_VECTORS * (4 * BLOCK / BYTE_VECTORS));
                UNROLL
                for (int p = 0; p < places; p++) {
                    const int four = byte_four(from + p * s->x_step + k);
                    UNROLL
                    for (int v = 0; v < blocks * BYTE_VECTORS; v++)
                        sum[p][v] = byte_dot(sum[p][v], four, weight[v]);
                }
            }
        }
    }
    UNROLL
    for (int v = 0; v < blocks * BYTE_VECTORS; v++)
        UNROLL
        for (int p = 0; p < places; p++)
            BYTE_STORE(sums + (v / BYTE_VECTORS * BYTE_TILE + p) * BLOCK + v % BYTE_VECTORS * (BLOCK / BYTE_VECTORS),
                       sum[p][v]);
}

/* Sum a tile of any height; every case is compiled with its own number of registers. */
INLINE void sum_tiles_u8(int places, const int blocks, const conv_shape *s, const unsigned char *x,
                         const signed char *w, int next, const int *bias, int *sums)
{
    switch (places) {
    case 1: sum_tile_u8(1, blocks, s, x, w, next, bias, sums); break;
#if BYTE_TILE > 1
    case 2: sum_tile_u8(2, blocks, s, x, w, next, bias, sums); break;
#endif
#if BYTE_TILE > 2
    case 3: sum_tile_u8(3, blocks, s, x, w, next, bias, sums); break;
#endif
#if BYTE_TILE > 3
    case 4: sum_tile_u8(4, blocks, s, x, w, next, bias, sums); break;
#endif
#if BYTE_TILE > 4
    case 5: sum_tile_u8(5, blocks, s, x, w, next, bias, sums); break;
    case 6: sum_tile_u8(6, blocks, s, x, w, next, bias, sums); break;
#endif
#if BYTE_TILE > 6
    case 7: sum_tile_u8(7, blocks, s, x, w, next, bias, sums); break;
    case 8: sum_tile_u8(8, blocks, s, x, w, next, bias, sums); break;
    case 9: sum_tile_u8(9, blocks, s, x, w, next, bias, sums); break;
    case 10: sum_tile_u8(10, blocks, s, x, w, next, bias, sums); break;
    case 11: sum_tile_u8(11, blocks, s, x, w, next, bias, sums); break;
    case 12: sum_tile_u8(12, blocks, s, x, w, next, bias, sums); break;
    case 13: sum_tile_u8(13, blocks, s, x, w, next, bias, sums); break;
    case 14: sum_tile_u8(14, blocks, s, x, w, next, bias, sums); break;
#endif
    }
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

/* Sum a tile of one block or of BYTE_BLOCKS; `bias` is for bytes without a sign, `bias_signed` for those less 128. */
static void sum_u8(int places, int blocks, const conv_shape *s, const unsigned char *x, const signed char *w, int next,
                   const int *bias, const int *bias_signed, int *sums)
{
    (void)bias_signed;
#ifdef BYTE_VECTORS
    const int *own = BYTE_SIGNED ? bias_signed : bias;
    if (s->narrow || BYTE_EXACT) {
        if (blocks == 1)
            sum_tiles_u8(places, 1, s, x, w, next, own, sums);
        else
            sum_tiles_u8(places, BYTE_BLOCKS, s, x, w, next, own, sums);
        return;
    }
#endif
#ifdef BYTE_PAIRS
    if (places == 2)
        sum_pairs_u8(2, s, x, w, bias, sums);
    else
        sum_pairs_u8(1, s, x, w, bias, sums);
#else
    for (int b = 0; b < blocks; b++)
        sum_plain_u8(places, s, x, w + b * next, bias + b * BLOCK, sums + b * BYTE_TILE * BLOCK);
#endif
    (void)blocks;
    (void)next;
}

#ifdef BYTE_WIDE
#define WIDE_ROOM 49152 /* values of sixteen bits on the stack */
#define WIDE_MOST 24    /* places that are widened together: their weights are read once */

/* Write what some places meet behind one another, in sixteen bits. */
static void widen_u8(int places, const conv_shape *s, const unsigned char *x, short *wide)
{
    for (int p = 0; p < places; p++) {
        for (int down = 0; down < s->taps_down; down++) {
            for (int along = 0; along < s->taps_along; along++) {
                const unsigned char *from = x + p * s->x_step + down * s->tap_row + along * s->tap_step;
                const int run = (s->run + 3) / 4 * 4;
                for (int k = 0; k < run; k++)
                    wide[k] = from[k];
                wide += run;
            }
        }
    }
}

/* Sum a tile of some places by four channels: no more sums stay in the registers that browsers give out. */
INLINE void sum_wide_u8(const int places, int depth, const short *wide, const signed char *w, const int *bias, int *sums)
{
    byte_sums sum[BYTE_TILE];
    UNROLL
    for (int p = 0; p < places; p++)
        sum[p] = byte_begin(bias);
    for (int k = 0; k < depth; k += 4, w += 4 * BLOCK) {
        const byte_sums weights = byte_load(w);
        UNROLL
        for (int p = 0; p < places; p++)
            sum[p] = byte_dot_wide(sum[p], wide + p * depth + k, weights);
    }
    UNROLL
    for (int p = 0; p < places; p++)
        byte_store(sums + p * BLOCK, sum[p]);
}

static void sum_block_u8(int places, int depth, const short *wide, const signed char *w, const int *bias, int *sums)
{
    for (int c = 0; c < BLOCK; c += 4) {
        switch (places) {
        case 1: sum_wide_u8(1, depth, wide, w + 4 * c, bias + c, sums + c); break;
        case 2: sum_wide_u8(2, depth, wide, w + 4 * c, bias + c, sums + c); break;
        case 3: sum_wide_u8(3, depth, wide, w + 4 * c, bias + c, sums + c); break;
        case 4: sum_wide_u8(4, depth, wide, w + 4 * c, bias + c, sums + c); break;
        }
    }
}

#define CONV_U8_WIDE(keep)                                                                                             \
    for (int row = 0; row < s->rows; row++) {                                                                          \
        const int most = WIDE_ROOM / depth < WIDE_MOST ? WIDE_ROOM / depth : WIDE_MOST;                                \
        for (int from = 0, some; from < s->places; from += some) {                                                     \
            short wide[WIDE_ROOM];                                                                                     \
            some = s->places - from < most ? s->places - from : most;                                                  \
            widen_u8(some, s, x + row * s->x_row + from * s->x_step, wide);                                            \
            for (int first = 0; first < s->channels; first += BLOCK) {                                                 \
                const int channels = s->channels - first < BLOCK ? s->channels - first : BLOCK;                        \
                for (int place = 0, tiles = (some + BYTE_TILE - 1) / BYTE_TILE; tiles > 0; tiles--) {                  \
                    const int places = (some - place + tiles - 1) / tiles;                                             \
                    int sums[BYTE_TILE * BLOCK];                                                                       \
                    sum_block_u8(places, depth, wide + place * depth, weights + first * depth, bias + first, sums);    \
                    for (int p = 0; p < places; p++)                                                                   \
                        keep(s, from + place + p, channels, sums + p * BLOCK, factor + first,                          \
                             y + row * s->y_row + first);                                                              \
                    place += places;                                                                                   \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
#endif

/* Go through all tiles; what becomes of their sums is up to `keep`. */
#define CONV_U8_TILES(keep)                                                                                            \
    const int all = (s->channels + BLOCK - 1) / BLOCK * BLOCK;                                                         \
    for (int first = 0, blocks; first < s->channels; first += blocks * BLOCK) {                                        \
        blocks = all - first < BYTE_BLOCKS * BLOCK ? 1 : BYTE_BLOCKS;                                                  \
        for (int row = 0; row < s->rows; row++) {                                                                      \
            for (int place = 0, tiles = (s->places + BYTE_TILE - 1) / BYTE_TILE; tiles > 0; tiles--) {                 \
                const int places = (s->places - place + tiles - 1) / tiles;                                            \
                int sums[BYTE_BLOCKS * BYTE_TILE * BLOCK];                                                             \
                sum_u8(places, blocks, s, x + row * s->x_row + place * s->x_step, weights + first * depth,             \
                       BLOCK * depth, bias + first, bias + all + first, sums);                                         \
                for (int b = 0; b < blocks; b++) {                                                                     \
                    const int at = first + b * BLOCK, channels = s->channels - at < BLOCK ? s->channels - at : BLOCK;  \
                    for (int p = 0; p < places; p++)                                                                   \
                        keep(s, place + p, channels, sums + (b * BYTE_TILE + p) * BLOCK, factor + at,                  \
                             y + row * s->y_row + at);                                                                 \
                }                                                                                                      \
                place += places;                                                                                       \
            }                                                                                                          \
        }                                                                                                              \
    }

#ifdef BYTE_WIDE
#define CONV_U8(keep)                                                                                                  \
    const int depth = s->taps_down * s->taps_along * ((s->run + 3) / 4 * 4);                                           \
    if (depth <= WIDE_ROOM) {                                                                                          \
        CONV_U8_WIDE(keep)                                                                                             \
    } else {                                                                                                           \
        CONV_U8_TILES(keep)                                                                                            \
    }
#else
#define CONV_U8(keep)                                                                                                  \
    const int depth = s->taps_down * s->taps_along * ((s->run + 3) / 4 * 4);                                           \
    CONV_U8_TILES(keep)
#endif
