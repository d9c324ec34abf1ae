/* ---- Convolution of bytes whose results are wanted as floats ---------------------------------------------------- */

static void conv_u8_f32(const conv_shape *s, const signed char *weights, const int *bias, const float *factor,
                        const unsigned char *x, float *y)
{
    CONV_U8(keep_u8_f32)
}
