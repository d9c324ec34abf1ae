/* ---- Normalisation of neighbouring values to mean 0 and variance 1, then scaled and shifted --------------------- */

static void layer_norm_f32(int count, float epsilon, const float *x, const float *scale, const float *shift, float *y)
{
    float mean = 0.0f, squares = 0.0f;
    for (int i = 0; i < count; i++)
        mean += x[i];
    mean /= (float)count;
    for (int i = 0; i < count; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    const float factor = 1.0f / sqrt_f32(squares / (float)count + epsilon);
    for (int i = 0; i < count; i++)
        y[i] = (x[i] - mean) * factor * scale[i] + shift[i];
}
