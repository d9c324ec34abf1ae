static void depthwise_u8(const conv_shape *s, const signed char *weights, const int *bias, const float *factor,
                         const unsigned char *x, unsigned char *y)
{
    DEPTHWISE_U8(keep_u8)
}
