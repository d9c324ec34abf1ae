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
