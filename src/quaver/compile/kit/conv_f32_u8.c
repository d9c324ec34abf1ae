/* ---- A float convolution whose results are wanted as bytes ------------------------------------------------------ */

static void keep_f32_u8(const conv_shape *s, int place, int channels, const float *sums, float scale, unsigned char *y)
{
    unsigned char *to = y + place / s->pool * s->y_step;
    const float lowest = s->relu ? 0.0f : -INFINITY;
#ifdef BYTES_OF
    if (channels == BLOCK) {
        bytes_keep(s, place, _mm512_div_ps(_mm512_loadu_ps(sums), _mm512_set1_ps(scale)), y);
        return;
    }
#endif
    for (int c = 0; c < channels; c++) {
        const unsigned char byte = byte_of((sums[c] < lowest ? lowest : sums[c]) / scale, s->zero);
        to[c] = place % s->pool == 0 || byte > to[c] ? byte : to[c];
    }
}

static void conv_f32_u8(const conv_shape *s, const float *weights, const float *bias, float scale, const float *x,
                        unsigned char *y)
{
    const int depth = s->taps_down * s->taps_along * s->run;
    for (int first = 0; first < s->channels; first += BLOCK) {
        const int channels = s->channels - first < BLOCK ? s->channels - first : BLOCK;
        for (int row = 0; row < s->rows; row++) {
            for (int place = 0, tiles = (s->places + TILE - 1) / TILE; tiles > 0; tiles--) {
                const int places = (s->places - place + tiles - 1) / tiles;
                float sums[TILE * BLOCK];
                for (int lane = 0; lane < channels; lane += LANES * VECTORS)
                    sum_f32(places, lane, s, x + row * s->x_row + place * s->x_step, weights + first * depth,
                            bias + first, sums);
                for (int p = 0; p < places; p++)
                    keep_f32_u8(s, place + p, channels, sums + p * BLOCK, scale, y + row * s->y_row + first);
                place += places;
            }
        }
    }
}
