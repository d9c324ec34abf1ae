/* ---- Attention: softmax(q k) v, some rows at a time, so that the scores of all never fill memory ---------------- */

typedef struct {
    int rows, keys;                /* queries and keys */
    int width, out;                /* of a query, of a value */
    int q_row, k_row, v_row, y_row;
    int room;                      /* from row to row of the scores */
    float factor;                  /* of the scores */
    float score_step, share_step;  /* of eight bits by which scores and shares are told; 0 where they are not */
    float score_told;              /* what a step of the scores stands for */
    int score_zero, share_zero;
} attention_shape;

#define ATTENTION_ROWS 24

/* Take values for what their bytes would stand for: rounded as bytes are, but in floats, so that loops are vectors. */
static void attention_steps(float *row, int count, float step, float told, int zero)
{
    const float low = (float)-zero, high = (float)(255 - zero);
    for (int i = 0; i < count; i++) {
        const float value = row[i] / step, kept = value > low ? (value < high ? value : high) : low;
        row[i] = told * ((kept + 12582912.0f) - 12582912.0f);
    }
}

/* Give a row of scores as shares of their sum, after e to their power. */
static void attention_shares(const attention_shape *s, float *row)
{
    const int keys = s->keys;
    const float factor = s->factor;
    for (int i = 0; i < keys; i++)
        row[i] *= factor;
    if (s->score_step > 0.0f)
        attention_steps(row, keys, s->score_step, s->score_told, s->score_zero);
    const float largest = largest_f32(row, keys);
    for (int i = 0; i < keys; i++)
        row[i] = exp_f32(row[i] - largest);
    const float sum = total_f32(row, keys);
    for (int i = 0; i < keys; i++)
        row[i] /= sum;
    if (s->share_step > 0.0f)
        attention_steps(row, keys, s->share_step, s->share_step, s->share_zero);
}

static void attention_f32(const attention_shape *s, const float *q, const float *k, const float *v, float *y,
                          float *scores)
{
    for (int first = 0, parts = (s->rows + ATTENTION_ROWS - 1) / ATTENTION_ROWS; parts > 0; parts--) {
        const int rows = (s->rows - first + parts - 1) / parts;
        matmul_f32(rows, s->width, s->keys, q + first * s->q_row, s->q_row, k, s->k_row, scores, s->room);
        for (int r = 0; r < rows; r++)
            attention_shares(s, scores + r * s->room);
        matmul_f32(rows, s->keys, s->out, scores, s->room, v, s->v_row, y + first * s->y_row, s->y_row);
        first += rows;
    }
}
