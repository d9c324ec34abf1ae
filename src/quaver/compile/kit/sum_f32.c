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
    const int next = s->taps_down * s->taps_along * s->run * BLOCK; /* to the weights of the next channels */
    (void)next;
    for (int down = 0; down < s->taps_down; down++) {
        for (int along = 0; along < s->taps_along; along++) {
            const float *from = x + down * s->tap_row + along * s->tap_step;
            for (int k = 0; k < s->run; k++, w += BLOCK) {
                vec weight[VECTORS];
                PREFETCH(w + next);
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
