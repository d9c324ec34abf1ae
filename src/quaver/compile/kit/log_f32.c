/* The exponent by its bits, and a series in (m - 1) / (m + 1) of the mantissa, m between sqrt(1/2) and sqrt(2). */
INLINE float log_f32(float x)
{
    const float normal = x < 1.17549435e-38f ? x * 8388608.0f : x;
    const int bits = float_bits(normal), half = (bits & 0x007fffff) > 0x003504f3 ? 1 : 0;
    const float m = bits_float((bits & 0x007fffff) | (half ? 0x3f000000 : 0x3f800000));
    const float n = (float)((bits >> 23) - 127 + half) - (x < 1.17549435e-38f ? 23.0f : 0.0f);
    const float s = (m - 1.0f) / (m + 1.0f), z = s * s;
    const float series = s * (2.0f + z * (0.66666667f + z * (0.4f + z * (0.28571429f + z * 0.22222222f))));
    const float y = n * 0.693359375f + (series - n * 2.12194440e-4f);
    return x > 0.0f && x < 3.4e38f ? y : x == 0.0f ? -INFINITY : x > 0.0f ? x : NAN;
}
