/* ---- Softmax over values that lie `step` apart ------------------------------------------------------------------ */

static void softmax_f32(int count, const float *x, int x_step, float *y, int y_step)
{
    float largest = x[0], sum = 0.0f;
    for (int i = 1; i < count; i++)
        largest = x[i * x_step] > largest ? x[i * x_step] : largest;
    for (int i = 0; i < count; i++) {
        y[i * y_step] = exp_f32(x[i * x_step] - largest);
        sum += y[i * y_step];
    }
    for (int i = 0; i < count; i++)
        y[i * y_step] /= sum;
}
