/* ---- Normalisation of neighbouring values to mean 0 and variance 1, then scaled and shifted --------------------- */

static void layer_norm_f32(int count, float epsilon, const float *x, const float *scale, const float *shift, float *y)
{
    const float mean = total_f32(x, count) / (float)count;
    for (int i = 0; i < count; i++)
        y[i] = (x[i] - mean) * (x[i] - mean);
    const float factor = 1.0f / sqrt_f32(total_f32(y, count) / (float)count + epsilon);
    for (int i = 0; i < count; i++)
        y[i] = (x[i] - mean) * factor * scale[i] + shift[i];
}
