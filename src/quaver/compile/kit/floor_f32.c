/* The whole number below; from 2^23 on every float is one. */
INLINE float floor_f32(float x)
{
    const float kept = x > -8388608.0f && x < 8388608.0f ? x : 0.0f;
    const int whole = (int)kept;
    return kept == x ? (float)(whole - (x < (float)whole ? 1 : 0)) : x;
}
