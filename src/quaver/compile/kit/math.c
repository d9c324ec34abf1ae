/* ---- Functions of one value, the same on every target, without a library ---------------------------------------- */

/* The bits of a float, and the float of bits. */
typedef union {
    float value;
    int bits;
} float_bits;

INLINE float sqrt_f32(float x)
{
#if defined(__GNUC__)
    return __builtin_sqrtf(x);
#else
    return sqrtf(x);
#endif
}

/* 2^n by its bits, times a polynomial in the rest: Cody and Waite, "Software Manual for the Elementary Functions". */
INLINE float exp_f32(float x)
{
    const float kept = x > -87.0f ? (x < 88.0f ? x : 88.0f) : -87.0f; /* and -87 where x is no number */
    const float turns = kept * 1.44269504f;
    const int n = (int)(turns + (turns < 0.0f ? -0.5f : 0.5f));
    const float r = (kept - (float)n * 0.693359375f) + (float)n * 2.12194440e-4f;
    const float p = ((((1.9875691e-4f * r + 1.3981999e-3f) * r + 8.3334519e-3f) * r + 4.1665795e-2f) * r + 1.6666665e-1f) * r + 0.5f;
    const float_bits scale = {.bits = (n + 127) * 8388608};
    return x != x ? x : x < -87.0f ? 0.0f : (p * r * r + r + 1.0f) * scale.value;
}

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

INLINE float tanh_f32(float x)
{
    const float size = x < 0.0f ? -x : x;
    if (size < 0.3f) { /* the quotient below would lose digits */
        const float z = x * x;
        return x * (1.0f + z * (-0.33333333f + z * (0.13333333f + z * (-0.053968254f + z * 0.021869489f))));
    }
    const float e = exp_f32(-2.0f * size), y = (1.0f - e) / (1.0f + e);
    return x < 0.0f ? -y : y;
}

/* Near zero a series; elsewhere 7.1.26 of Abramowitz and Stegun would give 1.5e-7, their 7.1.28 3e-7: both suffice. */
INLINE float erf_f32(float x)
{
    const float size = x < 0.0f ? -x : x;
    if (size < 0.5f) {
        const float z = x * x;
        return x * (1.12837917f + z * (-0.37612639f + z * (0.11283792f + z * (-0.026866170f + z * 0.0052239776f))));
    }
    const float t = 1.0f / (1.0f + 0.3275911f * size);
    const float p = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    const float y = 1.0f - p * exp_f32(-size * size);
    return x < 0.0f ? -y : y;
}

INLINE float floor_f32(float x)
{
    const int whole = (int)x;
    return (float)(whole - (x < (float)whole ? 1 : 0));
}
