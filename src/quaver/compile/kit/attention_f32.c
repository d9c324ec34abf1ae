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

/* Give a row of scores as shares of their sum, after e to their power. */
static void attention_shares(const attention_shape *s, float *row)
{
    float largest = -INFINITY, sum = 0.0f;
    for (int i = 0; i < s->keys; i++)
        row[i] *= s->factor;
    if (s->score_step > 0.0f)
        for (int i = 0; i < s->keys; i++)
            row[i] = s->score_told * (float)(byte_of(row[i] / s->score_step, s->score_zero) - s->score_zero);
    for (int i = 0; i < s->keys; i++)
        largest = row[i] > largest ? row[i] : largest;
    for (int i = 0; i < s->keys; i++)
        row[i] = exp_f32(row[i] - largest);
    for (int i = 0; i < s->keys; i++)
        sum += row[i];
    for (int i = 0; i < s->keys; i++)
        row[i] /= sum;
    if (s->share_step > 0.0f)
        for (int i = 0; i < s->keys; i++)
            row[i] = s->share_step * (float)(byte_of(row[i] / s->share_step, s->share_zero) - s->share_zero);
}

static void attention_f32(const attention_shape *s, const float *q, const float *k, const float *v, float *y,
                          float *scores)
{
    for (int first = 0; first < s->rows; first += ATTENTION_ROWS) {
        const int rows = s->rows - first < ATTENTION_ROWS ? s->rows - first : ATTENTION_ROWS;
        matmul_f32(rows, s->width, s->keys, q + first * s->q_row, s->q_row, k, s->k_row, scores, s->room);
        for (int r = 0; r < rows; r++)
            attention_shares(s, scores + r * s->room);
        matmul_f32(rows, s->keys, s->out, scores, s->room, v, s->v_row, y + first * s->y_row, s->y_row);
    }
}
