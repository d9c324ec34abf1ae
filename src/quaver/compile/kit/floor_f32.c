/* The whole number below: the nearest, or one less. No branch and no int, so that loops over it are vectors. */
INLINE float floor_f32(float x)
{
    const float near = round_f32(x);
    return near - (near > x ? 1.0f : 0.0f);
}
