/* The natural logarithm of any number. */
INLINE float log_f32(float x)
{
    if (!(x > 0.0f))
        return x == 0.0f ? -INFINITY : NAN;
    if (x > 3.4e38f)
        return x;
    return x < 1.17549435e-38f ? log_normal_f32(x * 8388608.0f) - 15.9423851f : log_normal_f32(x);
}
