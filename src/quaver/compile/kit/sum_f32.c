/* ---- Convolution ------------------------------------------------------------------------------------------------
 *
 * A tile of TILE places by one or BLOCKS blocks of 16 output channels is summed up in registers over all taps and input
 * channels. The input lies with its channels innermost, so the values under the kernel are runs of neighbours and need
 * no copy; weights are packed (ceil(channels / 16), k, 16) and read once a tile, front to back.
 */

/* The weights of a second block begin `next` after those of the first, its sums are put `apart` after the first ones. */
INLINE void sum_tile_f32(const int places, const int blocks, const int lane, const conv_shape *s, const float *x,
                         const float *w, int next, const float *bias, float *sums, int apart)
{
    vec sum[TILE][BLOCKS * VECTORS];
    UNROLL
    for (int p = 0; p < places; p++)
        UNROLL
        for (int v = 0; v < blocks * VECTORS; v++)
            sum[p][v] = *(const vec *)(bias + v / VECTORS * BLOCK + lane + v % VECTORS * LANES);
    w += lane;
    const int own = s->taps_down * s->taps_along * s->run * BLOCK;
    const int ahead = next == own ? blocks * own : own; /* to the weights that are wanted next */
    (void)ahead;
    for (int down = 0; down < s->taps_down; down++) {
        for (int along = 0; along < s->taps_along; along++) {
            const float *from = x + down * s->tap_row + along * s->tap_step, *at = from;
            for (int k = 0; k < s->run; k++, at++, w += BLOCK) {
                vec weight[BLOCKS * VECTORS];
                UNROLL
                for (int b = 0; b < blocks; b++)
                    PREFETCH(w + b * next + ahead);
                UNROLL
                for (int v = 0; v < blocks * VECTORS; v++)
                    weight[v] = *(const vec *)(w + v / VECTORS * next + v % VECTORS * LANES);
                UNROLL
                for (int p = 0; p < places; p++) {
                    const float value = OF_ROW(from, p, s->x_step, k, at);
                    UNROLL
                    for (int v = 0; v < blocks * VECTORS; v++)
                        sum[p][v] += value * weight[v];
                }
            }
        }
    }
    UNROLL
    for (int p = 0; p < places; p++)
        UNROLL
        for (int v = 0; v < blocks * VECTORS; v++)
            *(vec *)(sums + v / VECTORS * apart + p * BLOCK + lane + v % VECTORS * LANES) = sum[p][v];
}

/* Sum a tile of any height; every case is compiled with its own number of registers. */
INLINE void sum_tiles_f32(int places, const int blocks, int lane, const conv_shape *s, const float *x, const float *w,
                          int next, const float *bias, float *sums, int apart)
{
    switch (places) {
    case 1: sum_tile_f32(1, blocks, lane, s, x, w, next, bias, sums, apart); break;
    case 2: sum_tile_f32(2, blocks, lane, s, x, w, next, bias, sums, apart); break;
    case 3: sum_tile_f32(3, blocks, lane, s, x, w, next, bias, sums, apart); break;
#if TILE > 3
    case 4: sum_tile_f32(4, blocks, lane, s, x, w, next, bias, sums, apart); break;
#endif
#if TILE > 4
    case 5: sum_tile_f32(5, blocks, lane, s, x, w, next, bias, sums, apart); break;
    case 6: sum_tile_f32(6, blocks, lane, s, x, w, next, bias, sums, apart); break;
#endif
#if TILE > 6
    case 7: sum_tile_f32(7, blocks, lane, s, x, w, next, bias, sums, apart); break;
    case 8: sum_tile_f32(8, blocks, lane, s, x, w, next, bias, sums, apart); break;
    case 9: sum_tile_f32(9, blocks, lane, s, x, w, next, bias, sums, apart); break;
    case 10: sum_tile_f32(10, blocks, lane, s, x, w, next, bias, sums, apart); break;
    case 11: sum_tile_f32(11, blocks, lane, s, x, w, next, bias, sums, apart); break;
    case 12: sum_tile_f32(12, blocks, lane, s, x, w, next, bias, sums, apart); break;
#endif
    }
}

/* Sum a tile of one block or of BLOCKS, as far as there are channels. */
static void sum_f32(int places, int channels, const conv_shape *s, const float *x, const float *w, int next,
                    const float *bias, float *sums, int apart)
{
    for (int lane = 0; lane < BLOCK && lane < channels; lane += LANES * VECTORS) {
        if (channels <= BLOCK)
            sum_tiles_f32(places, 1, lane, s, x, w, next, bias, sums, apart);
        else
            sum_tiles_f32(places, BLOCKS, lane, s, x, w, next, bias, sums, apart);
    }
}

/* Go through all tiles; what becomes of their sums is up to `keep`. Tiles are of all but equal height, because a low
 * one leaves the arithmetic waiting. */
#define CONV_F32(keep)                                                                                                 \
    const int next = s->taps_down * s->taps_along * s->run * BLOCK;                                                    \
    for (int first = 0; first < s->channels; first += BLOCKS * BLOCK) {                                                \
        for (int row = 0; row < s->rows; row++) {                                                                      \
            for (int place = 0, tiles = (s->places + TILE - 1) / TILE; tiles > 0; tiles--) {                           \
                const int places = (s->places - place + tiles - 1) / tiles;                                            \
                float sums[BLOCKS * TILE * BLOCK];                                                                     \
                sum_f32(places, s->channels - first, s, x + row * s->x_row + place * s->x_step,                        \
                        weights + first / BLOCK * next, next, bias + first, sums, TILE * BLOCK);                       \
                for (int at = first; at < s->channels && at < first + BLOCKS * BLOCK; at += BLOCK) {                   \
                    const int channels = s->channels - at < BLOCK ? s->channels - at : BLOCK;                          \
                    for (int p = 0; p < places; p++)                                                                   \
                        keep(s, place + p, channels, sums + ((at - first) / BLOCK * TILE + p) * BLOCK,                 \
                             y + row * s->y_row + at);                                                                 \
                }                                                                                                      \
                place += places;                                                                                       \
            }                                                                                                          \
        }                                                                                                              \
    }
