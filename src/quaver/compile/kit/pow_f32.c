/* Any power; of what is below zero only whole ones are numbers. */
INLINE float pow_f32(float x, float power)
{
    const float size = exp_f32(power * log_f32(x < 0.0f ? -x : x));
    const float half = 0.5f * power;
    if (power == 0.0f)
        return 1.0f;
    if (!(x < 0.0f))
        return x == 0.0f ? (power > 0.0f ? 0.0f : INFINITY) : size;
    if (floor_f32(power) != power)
        return NAN;
    return floor_f32(half) == half ? size : -size;
}
