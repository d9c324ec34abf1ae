/* ---- The largest value under a window -------------------------------------------------------------------------- */

static void max_pool_u8(const pool_shape *s, const unsigned char *x, unsigned char *y)
{
    for (int row = 0; row < s->rows; row++) {
        for (int place = 0; place < s->places; place++) {
            unsigned char *to = y + row * s->y_row + place * s->y_step;
            int seen = 0;
            for (int down = 0; down < s->window_down; down++) {
                const int h = row * s->stride_down - s->before_down + down * s->gap_down;
                for (int along = 0; along < s->window_along; along++) {
                    const int w = place * s->stride_along - s->before_along + along * s->gap_along;
                    if (h < 0 || h >= s->height || w < 0 || w >= s->width)
                        continue;
                    const unsigned char *from = x + h * s->x_row + w * s->x_step;
                    for (int c = 0; c < s->channels; c++)
                        to[c] = !seen || from[c] > to[c] ? from[c] : to[c];
                    seen = 1;
                }
            }
        }
    }
}
