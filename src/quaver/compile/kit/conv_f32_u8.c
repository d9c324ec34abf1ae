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
#define KEEP(s, place, channels, sums, y) keep_f32_u8(s, place, channels, sums, scale, y)
    CONV_F32(KEEP)
#undef KEEP
}
