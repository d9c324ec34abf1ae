/* Within 2e-7 everywhere: 7.1.26 of Abramowitz and Stegun. What is added to 1, as in GELU, needs no more. */
INLINE float erf_near_f32(float x)
{
    const float size = x < 0.0f ? -x : x, t = 1.0f / (1.0f + 0.3275911f * size);
    const float p = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    const float y = 1.0f - p * exp_f32(-size * size);
    return x < 0.0f ? -y : y;
}
