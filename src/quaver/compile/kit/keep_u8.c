/* ---- What becomes of sums of bytes ------------------------------------------------------------------------------- */

/* Bring the sums of one place to bytes, and keep the largest where places are pooled. */
static void keep_u8(const conv_shape *s, int place, int channels, const int *sums, const float *factor,
                    unsigned char *y)
{
    unsigned char *to = y + place / s->pool * s->y_step;
    unsigned char bytes[BLOCK];
    for (int c = 0; c < channels; c++) {
        const float value = (float)sums[c] * factor[c];
        bytes[c] = byte_of(s->relu && value < 0.0f ? 0.0f : value, s->zero);
    }
    if (place % s->pool == 0) {
        for (int c = 0; c < channels; c++)
            to[c] = bytes[c];
    } else {
        for (int c = 0; c < channels; c++)
            to[c] = bytes[c] > to[c] ? bytes[c] : to[c];
    }
}
