/* The sine, a number of quarter turns later. What is left after whole quarters is found with pi / 2 in three parts (Cody
 * and Waite, "Software Manual for the Elementary Functions"); good to 1e-7 up to 8,192, and 0 from a million on. */
INLINE float wave_f32(float x, int quarters)
{
    const float kept = x > -1e6f && x < 1e6f ? x : 0.0f;
    const float turns = round_f32(kept * 0.636619772f);
    const float r = ((kept - turns * 1.5703125f) - turns * 4.83751297e-4f) - turns * 7.54978995e-8f, z = r * r;
    const int quarter = ((int)turns + quarters) & 3;
    const float sine = r + r * z * (-1.6666655e-1f + z * (8.3321609e-3f - z * 1.9515296e-4f));
    const float cosine = 1.0f - 0.5f * z + z * z * (4.1666646e-2f + z * (-1.3887316e-3f + z * 2.4433157e-5f));
    const float y = (quarter & 1) ? cosine : sine;
    return kept == x ? ((quarter & 2) ? -y : y) : x - x;
}

INLINE float sin_f32(float x)
{
    return wave_f32(x, 0);
}

INLINE float cos_f32(float x)
{
    return wave_f32(x, 1);
}
