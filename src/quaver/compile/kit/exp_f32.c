/* 2^n by its bits, times a polynomial in the rest: Cody and Waite, "Software Manual for the Elementary Functions".
 * Adding 1.5 * 2^23 rounds to whole numbers. Below -87 comes what e gives there, 1.6e-38. */
INLINE float exp_f32(float x)
{
    const float kept = x > -87.0f ? (x < 88.0f ? x : 88.0f) : -87.0f; /* and -87 where x is no number */
    const int n = float_bits(kept * 1.44269504f + 12582912.0f) - 0x4b400000;
    const float r = (kept - (float)n * 0.693359375f) + (float)n * 2.12194440e-4f;
    const float p = ((((1.9875691e-4f * r + 1.3981999e-3f) * r + 8.3334519e-3f) * r + 4.1665795e-2f) * r + 1.6666665e-1f) * r + 0.5f;
    const float y = (p * r * r + r + 1.0f) * bits_float((n + 127) * 8388608);
    return x == x ? y : x;
}
