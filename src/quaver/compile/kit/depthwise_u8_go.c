/* ---- Convolution of every channel of bytes alone; weights (taps down, taps along, channels) ---------------------- */

#define DEPTHWISE_U8(keep)                                                                                             \
    for (int row = 0; row < s->rows; row++) {                                                                          \
        for (int place = 0; place < s->places; place++) {                                                              \
            for (int first = 0; first < s->channels; first += BLOCK) {                                                 \
                const int channels = s->channels - first < BLOCK ? s->channels - first : BLOCK;                        \
                const signed char *w = weights + first;                                                                \
                int sums[BLOCK];                                                                                       \
                for (int c = 0; c < channels; c++)                                                                     \
                    sums[c] = bias[first + c];                                                                         \
                for (int down = 0; down < s->taps_down; down++) {                                                      \
                    for (int along = 0; along < s->taps_along; along++, w += s->channels) {                            \
                        const unsigned char *from = x + row * s->x_row + place * s->x_step + down * s->tap_row +       \
                                                    along * s->tap_step + first;                                       \
                        for (int c = 0; c < channels; c++)                                                             \
                            sums[c] += from[c] * w[c];                                                                 \
                    }                                                                                                  \
                }                                                                                                      \
                keep(s, place, channels, sums, factor + first, y + row * s->y_row + first);                            \
            }                                                                                                          \
        }                                                                                                              \
    }
