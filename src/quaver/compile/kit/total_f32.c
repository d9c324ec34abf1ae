/* ---- The sum of neighbouring values, in parts, so that none waits for the one before ---------------------------- */

INLINE float total_f32(const float *x, int count)
{
#if LANES > 1
    vec low = {0}, high = {0};
    float part[LANES], sum = 0.0f;
    const int whole = count / (2 * LANES) * (2 * LANES);
    for (int i = 0; i < whole; i += 2 * LANES) {
        low += *(const vec *)(x + i);
        high += *(const vec *)(x + i + LANES);
    }
    *(vec *)part = low + high;
    for (int i = whole; i < count; i++)
        sum += x[i];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            part[lane] += part[lane + half];
    return sum + part[0];
#else
    float part[8] = {0}, sum = 0.0f;
    const int whole = count / 8 * 8;
    for (int i = 0; i < whole; i += 8)
        for (int lane = 0; lane < 8; lane++)
            part[lane] += x[i + lane];
    for (int i = whole; i < count; i++)
        sum += x[i];
    return sum + (((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7])));
#endif
}
