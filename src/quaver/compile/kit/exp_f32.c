/* 2^n by its bits, times a polynomial in the rest: Cody and Waite, "Software Manual for the Elementary Functions". */
INLINE float exp_f32(float x)
{
    const float kept = x > -87.0f ? (x < 88.0f ? x : 88.0f) : -87.0f; /* and -87 where x is no number */
    const float turns = kept * 1.44269504f;
    const int n = (int)(turns + (turns < 0.0f ? -0.5f : 0.5f));
    const float r = (kept - (float)n * 0.693359375f) + (float)n * 2.12194440e-4f;
    const float p = ((((1.9875691e-4f * r + 1.3981999e-3f) * r + 8.3334519e-3f) * r + 4.1665795e-2f) * r + 1.6666665e-1f) * r + 0.5f;
    return x != x ? x : x < -87.0f ? 0.0f : (p * r * r + r + 1.0f) * bits_float((n + 127) * 8388608);
}
