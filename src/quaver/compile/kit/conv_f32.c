/* ---- Convolution ------------------------------------------------------------------------------------------------
 *
 * A tile of TILE places by 16 output channels is summed up in registers over all taps and input channels. The input
 * lies with its channels innermost, so the values under the kernel are runs of neighbours and need no copy; weights
 * are packed (ceil(channels / 16), k, 16) and read once a tile, front to back.
 */

INLINE void sum_tile_f32(const int places, const int lane, const conv_shape *s, const float *x, const float *w,
                         const float *bias, float *sums)
{
    vec sum[TILE][VECTORS];
    UNROLL
    for (int p = 0; p < places; p++)
        UNROLL
        for (int v = 0; v < VECTORS; v++)
            sum[p][v] = *(const vec *)(bias + lane + v * LANES);
    w += lane;
    for (int down = 0; down < s->taps_down; down++) {
        for (int along = 0; along < s->taps_along; along++) {
            const float *from = x + down * s->tap_row + along * s->tap_step;
            for (int k = 0; k < s->run; k++, w += BLOCK) {
                vec weight[VECTORS];
                UNROLL
                for (int v = 0; v < VECTORS; v++)
                    weight[v] = *(const vec *)(w + v * LANES);
                UNROLL
                for (int p = 0; p < places; p++) {
                    const float value = from[p * s->x_step + k];
                    UNROLL
                    for (int v = 0; v < VECTORS; v++)
                        sum[p][v] += value * weight[v];
                }
            }
        }
    }
    UNROLL
    for (int p = 0; p < places; p++)
        UNROLL
        for (int v = 0; v < VECTORS; v++)
            *(vec *)(sums + p * BLOCK + lane + v * LANES) = sum[p][v];
}

/* Sum a tile of any height; every case is compiled with its own number of registers. */
static void sum_f32(int places, int lane, const conv_shape *s, const float *x, const float *w, const float *bias,
                    float *sums)
{
    switch (places) {
    case 1: sum_tile_f32(1, lane, s, x, w, bias, sums); break;
    case 2: sum_tile_f32(2, lane, s, x, w, bias, sums); break;
    case 3: sum_tile_f32(3, lane, s, x, w, bias, sums); break;
#if TILE > 3
    case 4: sum_tile_f32(4, lane, s, x, w, bias, sums); break;
#endif
#if TILE > 4
    case 5: sum_tile_f32(5, lane, s, x, w, bias, sums); break;
    case 6: sum_tile_f32(6, lane, s, x, w, bias, sums); break;
#endif
#if TILE > 6
    case 7: sum_tile_f32(7, lane, s, x, w, bias, sums); break;
    case 8: sum_tile_f32(8, lane, s, x, w, bias, sums); break;
    case 9: sum_tile_f32(9, lane, s, x, w, bias, sums); break;
    case 10: sum_tile_f32(10, lane, s, x, w, bias, sums); break;
    case 11: sum_tile_f32(11, lane, s, x, w, bias, sums); break;
    case 12: sum_tile_f32(12, lane, s, x, w, bias, sums); break;
#endif
    }
}

/* Bring the sums of one place to the output: cut off, and the largest kept where places are pooled. */
static void keep_f32(const conv_shape *s, int place, int channels, const float *sums, float *y)
{
    float *to = y + place / s->pool * s->y_step;
    const float lowest = s->relu ? 0.0f : -INFINITY;
    if (place % s->pool == 0) {
        for (int c = 0; c < channels; c++)
            to[c] = sums[c] < lowest ? lowest : sums[c];
    } else {
        for (int c = 0; c < channels; c++)
            to[c] = sums[c] > to[c] ? sums[c] : to[c];
    }
}

static void conv_f32(const conv_shape *s, const float *weights, const float *bias, const float *x, float *y)
{
    const int depth = s->taps_down * s->taps_along * s->run;
    for (int first = 0; first < s->channels; first += BLOCK) {
        const int channels = s->channels - first < BLOCK ? s->channels - first : BLOCK;
        const float *w = weights + first * depth;
        for (int row = 0; row < s->rows; row++) {
            /* Tiles of all but equal height, because a low one leaves the arithmetic waiting. */
            for (int place = 0, tiles = (s->places + TILE - 1) / TILE; tiles > 0; tiles--) {
                const int places = (s->places - place + tiles - 1) / tiles;
                float sums[TILE * BLOCK];
                for (int lane = 0; lane < channels; lane += LANES * VECTORS)
                    sum_f32(places, lane, s, x + row * s->x_row + place * s->x_step, w, bias + first, sums);
                for (int p = 0; p < places; p++)
                    keep_f32(s, place + p, channels, sums + p * BLOCK, y + row * s->y_row + first);
                place += places;
            }
        }
    }
}
