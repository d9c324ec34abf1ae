/* Gates in the order of ONNX: input, output, forget, cell. `scratch` holds the state, the cell and the gates. */
static void lstm_f32(const steps_shape *s, const float *weights, const float *bias, const float *first, const float *x,
                     float *y, float *scratch)
{
    const int width = s->width;
    float *state = scratch, *cell = state + width, *gates = cell + width;
    memcpy(state, first, 2 * (size_t)width * sizeof *state);
    for (int step = 0; step < s->steps; step++) {
        const int at = s->back ? s->steps - 1 - step : step;
        for (int i = 0; i < 4 * width; i++)
            gates[i] = x[at * s->x_step + i] + bias[i];
        add_rows_f32(width, 4 * width, 4 * width, state, weights, gates);
        for (int i = 0; i < width; i++) {
            const float kept = sigmoid_f32(gates[2 * width + i]) * cell[i];
            cell[i] = kept + sigmoid_f32(gates[i]) * tanh_f32(gates[3 * width + i]);
            state[i] = sigmoid_f32(gates[width + i]) * tanh_f32(cell[i]);
        }
        memcpy(y + at * s->y_step, state, (size_t)width * sizeof *state);
    }
}
