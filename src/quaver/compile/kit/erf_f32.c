/* As erf_near_f32, and near zero a series, so that small values are exact as well. */
INLINE float erf_f32(float x)
{
    const float z = x * x;
    if (z < 0.25f)
        return x * (1.12837917f + z * (-0.37612639f + z * (0.11283792f + z * (-0.026866170f + z * 0.0052239776f))));
    return erf_near_f32(x);
}
