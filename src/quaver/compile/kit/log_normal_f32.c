/* The exponent by its bits, and a series in (m - 1) / (m + 1) of the mantissa, m between sqrt(1/2) and sqrt(2); for
 * positive numbers of full precision. */
INLINE float log_normal_f32(float x)
{
    const int bits = float_bits(x), half = (bits & 0x007fffff) > 0x003504f3 ? 1 : 0;
    const float m = bits_float((bits & 0x007fffff) | (0x3f800000 - half * 0x00800000));
    const float n = (float)((bits >> 23) - 127 + half), s = (m - 1.0f) / (m + 1.0f), z = s * s;
    const float series = s * (2.0f + z * (0.66666667f + z * (0.4f + z * (0.28571429f + z * 0.22222222f))));
    return n * 0.693359375f + (series - n * 2.12194440e-4f);
}
