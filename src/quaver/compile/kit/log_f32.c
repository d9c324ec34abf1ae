/* The exponent by its bits, and a series in (m - 1) / (m + 1) of the mantissa, m between sqrt(1/2) and sqrt(2). */
INLINE float log_f32(float x)
{
    if (!(x > 0.0f))
        return x == 0.0f ? -INFINITY : NAN;
    float_bits m = {.value = x < 1.17549435e-38f ? x * 8388608.0f : x};
    int n = (m.bits >> 23) - 127 - (x < 1.17549435e-38f ? 23 : 0);
    m.bits = (m.bits & 0x007fffff) | 0x3f800000;
    if (m.value > 1.41421356f) {
        m.value *= 0.5f;
        n++;
    }
    const float s = (m.value - 1.0f) / (m.value + 1.0f), z = s * s;
    const float series = s * (2.0f + z * (0.66666667f + z * (0.4f + z * (0.28571429f + z * 0.22222222f))));
    return x > 3.4e38f ? x : (float)n * 0.693359375f + (series - (float)n * 2.12194440e-4f);
}
