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
