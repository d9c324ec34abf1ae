/* Gates in the order of ONNX: update, reset, hidden; `bias` has those of the last step's products, then those of what
 * comes in. `scratch` holds the state, what is left of it, and the gates. */
static void gru_f32(const steps_shape *s, const float *weights, const float *bias, const float *first, const float *x,
                    float *y, float *scratch)
{
    const int width = s->width;
    float *state = scratch, *left = state + width, *gates = left + width, *hidden = gates + 2 * width;
    memcpy(state, first, (size_t)width * sizeof *state);
    for (int step = 0; step < s->steps; step++) {
        const int at = s->back ? s->steps - 1 - step : step;
        const float *given = x + at * s->x_step, *more = bias + 3 * width;
        memcpy(gates, bias, 3 * (size_t)width * sizeof *gates);
        add_rows_f32(width, 2 * width, 3 * width, state, weights, gates);
        for (int i = 0; i < 2 * width; i++)
            gates[i] = sigmoid_f32(gates[i] + given[i] + more[i]);
        for (int i = 0; i < width; i++)
            left[i] = s->later ? state[i] : gates[width + i] * state[i];
        add_rows_f32(width, width, 3 * width, left, weights + 2 * width, hidden);
        for (int i = 0; i < width; i++) {
            const float kept = s->later ? gates[width + i] * hidden[i] : hidden[i];
            const float fresh = tanh_f32(given[2 * width + i] + more[2 * width + i] + kept);
            state[i] = fresh + gates[i] * (state[i] - fresh);
        }
        memcpy(y + at * s->y_step, state, (size_t)width * sizeof *state);
    }
}
