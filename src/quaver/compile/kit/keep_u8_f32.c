/* ---- What becomes of sums of bytes that are wanted as floats ----------------------------------------------------- */

INLINE void keep_floats(const conv_shape *s, int place, const int channels, const int *sums, const float *factor,
                        float *y)
{
    float *to = y + (s->pool == 1 ? place : place / s->pool) * s->y_step;
    if (s->pool == 1 && !s->relu) {
        for (int c = 0; c < channels; c++)
            to[c] = (float)sums[c] * factor[c];
        return;
    }
    const float lowest = s->relu ? 0.0f : -INFINITY;
    const int first = s->pool == 1 || place % s->pool == 0;
    for (int c = 0; c < channels; c++) {
        const float value = (float)sums[c] * factor[c], kept = value < lowest ? lowest : value;
        to[c] = first || kept > to[c] ? kept : to[c];
    }
}

static void keep_u8_f32(const conv_shape *s, int place, int channels, const int *sums, const float *factor, float *y)
{
    if (channels == BLOCK) /* compiled on its own, because its loops are vectors */
        keep_floats(s, place, BLOCK, sums, factor, y);
    else
        keep_floats(s, place, channels, sums, factor, y);
}
