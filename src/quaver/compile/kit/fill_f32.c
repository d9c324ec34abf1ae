/* ---- Zeros around a tensor ------------------------------------------------------------------------------------- */

static void fill_f32(float *y, int count, float value)
{
    for (int i = 0; i < count; i++)
        y[i] = value;
}
