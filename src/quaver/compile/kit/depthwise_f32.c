/* ---- Convolution of every channel alone; weights (taps down, taps along, channels) ------------------------------ */

static void depthwise_f32(const conv_shape *s, const float *weights, const float *bias, const float *x, float *y)
{
    for (int row = 0; row < s->rows; row++) {
        for (int place = 0; place < s->places; place++) {
            float *to = y + row * s->y_row + place / s->pool * s->y_step;
            for (int first = 0; first < s->channels; first += BLOCK) {
                const int channels = s->channels - first < BLOCK ? s->channels - first : BLOCK;
                float sums[BLOCK];
                for (int c = 0; c < channels; c++)
                    sums[c] = bias[first + c];
                const float *w = weights + first;
                for (int down = 0; down < s->taps_down; down++) {
                    for (int along = 0; along < s->taps_along; along++, w += s->channels) {
                        const float *from = x + row * s->x_row + place * s->x_step + down * s->tap_row +
                                            along * s->tap_step + first;
                        for (int c = 0; c < channels; c++)
                            sums[c] += from[c] * w[c];
                    }
                }
                for (int c = 0; c < channels; c++) {
                    const float value = s->relu && sums[c] < 0.0f ? 0.0f : sums[c];
                    if (place % s->pool == 0 || value > to[first + c])
                        to[first + c] = value;
                }
            }
        }
    }
}
