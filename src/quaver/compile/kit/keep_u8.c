/* ---- What becomes of sums of bytes ------------------------------------------------------------------------------- */

/* Bring the sums of one place to bytes, and keep the largest where places are pooled. */
INLINE void keep_bytes(const conv_shape *s, int place, const int channels, const int *sums, const float *factor,
                       unsigned char *y)
{
    unsigned char *to = y + (s->pool == 1 ? place : place / s->pool) * s->y_step;
    const float lowest = s->relu ? 0.0f : -INFINITY;
    const int zero = s->zero;
    unsigned char bytes[BLOCK];
    for (int c = 0; c < channels; c++) {
        const float value = (float)sums[c] * factor[c];
        bytes[c] = byte_of(value < lowest ? lowest : value, zero);
    }
    if (s->pool == 1 || place % s->pool == 0) {
        for (int c = 0; c < channels; c++)
            to[c] = bytes[c];
    } else {
        for (int c = 0; c < channels; c++)
            to[c] = bytes[c] > to[c] ? bytes[c] : to[c];
    }
}

static void keep_u8(const conv_shape *s, int place, int channels, const int *sums, const float *factor,
                    unsigned char *y)
{
    if (channels == BLOCK) { /* compiled on its own, because its loops are vectors */
#ifdef BYTES_OF
        bytes_keep(s, place, _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_loadu_si512(sums)), _mm512_loadu_ps(factor)), y);
#else
        keep_bytes(s, place, BLOCK, sums, factor, y);
#endif
    } else {
        keep_bytes(s, place, channels, sums, factor, y);
    }
}
