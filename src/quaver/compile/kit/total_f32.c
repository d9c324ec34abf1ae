/* ---- The sum of neighbouring values, eight at a time, so that none waits for the one before --------------------- */

INLINE float total_f32(const float *x, int count)
{
    float part[8] = {0}, sum = 0.0f;
    const int whole = count / 8 * 8;
    for (int i = 0; i < whole; i += 8)
        for (int lane = 0; lane < 8; lane++)
            part[lane] += x[i + lane];
    for (int i = whole; i < count; i++)
        sum += x[i];
    return sum + (((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7])));
}
