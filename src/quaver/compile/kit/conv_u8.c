/* ---- Convolution of bytes whose results are wanted as bytes ---------------------------------------------------- */

static void conv_u8(const conv_shape *s, const signed char *weights, const int *bias, const float *factor,
                    const unsigned char *x, unsigned char *y)
{
    CONV_U8(keep_u8)
}
