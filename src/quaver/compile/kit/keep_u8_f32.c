/* ---- What becomes of sums of bytes that are wanted as floats ----------------------------------------------------- */

static void keep_u8_f32(const conv_shape *s, int place, int channels, const int *sums, const float *factor, float *y)
{
    float *to = y + place / s->pool * s->y_step;
    for (int c = 0; c < channels; c++) {
        const float value = (float)sums[c] * factor[c], kept = s->relu && value < 0.0f ? 0.0f : value;
        to[c] = place % s->pool == 0 || kept > to[c] ? kept : to[c];
    }
}
