/* ---- A float convolution ---------------------------------------------------------------------------------------- */

static void conv_f32(const conv_shape *s, const float *weights, const float *bias, const float *x, float *y)
{
    CONV_F32(keep_f32)
}
