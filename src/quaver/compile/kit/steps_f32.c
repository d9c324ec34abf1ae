/* ---- Recurrent layers, step by step -----------------------------------------------------------------------------
 *
 * What comes in has been multiplied by its weights already; here the last step's values are. Those weights lie with the
 * outputs of all gates innermost, (width, gates * width).
 */

typedef struct {
    int steps, width, x_step, y_step;
    int back;  /* from the last step to the first */
    int later; /* GRU: the gate `reset` is applied after the product, and not before */
} steps_shape;

INLINE float sigmoid_f32(float x)
{
    return 1.0f / (1.0f + exp_f32(-x));
}

/* Add the products of values with their rows of weights, each of which lies `stride` after the one before. */
static void add_rows_f32(int rows, int count, int stride, const float *values, const float *weights,
                         float *restrict sums)
{
    for (int k = 0; k < rows; k++)
        for (int i = 0; i < count; i++)
            sums[i] += values[k] * weights[k * stride + i];
}
