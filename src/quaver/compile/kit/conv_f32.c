/* ---- A float convolution ---------------------------------------------------------------------------------------- */

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
