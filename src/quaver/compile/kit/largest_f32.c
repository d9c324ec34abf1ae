/* ---- The largest of neighbouring values, eight at a time ------------------------------------------------------- */

INLINE float largest_f32(const float *x, int count)
{
    float part[8], largest = x[0];
    const int whole = count / 8 * 8;
    for (int lane = 0; lane < 8; lane++)
        part[lane] = largest;
    for (int i = 0; i < whole; i += 8)
        for (int lane = 0; lane < 8; lane++)
            part[lane] = x[i + lane] > part[lane] ? x[i + lane] : part[lane];
    for (int i = whole; i < count; i++)
        largest = x[i] > largest ? x[i] : largest;
    for (int lane = 0; lane < 8; lane++)
        largest = part[lane] > largest ? part[lane] : largest;
    return largest;
}
