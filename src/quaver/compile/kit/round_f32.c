/* The nearest whole number, the even one of two that are as near: adding 2^23 leaves no room for less than one. */
INLINE float round_f32(float x)
{
    const float much = x < 0.0f ? -8388608.0f : 8388608.0f;
    return x > -8388608.0f && x < 8388608.0f ? (x + much) - much : x;
}
