/* x times a rational function of its square, fitted for the least relative error up to 3.75, beyond which erf is one:
 * within 4e-7 of the value everywhere. */
INLINE float erf_f32(float x)
{
    const float z = x * x;
    const float p = 1.32408750e-4f + z * (-2.02255501e-6f + z * 2.21181899e-8f);
    const float above = 1.12837911f + z * (0.18567194f + z * (0.0487293415f + z * (0.00314172776f + z * p)));
    const float below = 1.0f + z * (0.497879773f + z * (0.109150805f + z * (0.0131773269f + z * 8.33087834e-4f)));
    return x > 3.75f ? 1.0f : x < -3.75f ? -1.0f : x * above / below;
}
