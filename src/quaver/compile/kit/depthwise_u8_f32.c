static void depthwise_u8_f32(const conv_shape *s, const signed char *weights, const int *bias, const float *factor,
                             const unsigned char *x, float *y)
{
    DEPTHWISE_U8(keep_u8_f32)
}
