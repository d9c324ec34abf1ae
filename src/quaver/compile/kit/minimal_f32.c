/* ---- Minimal filtering: a convolution along time with fewer products --------------------------------------------
 *
 * Four neighbouring places under four taps see seven inputs, and need sixteen products, or seven of weighted sums of
 * the inputs with weighted sums of the taps. Those are values of polynomials at 0, 1, -1, 2, -2, 1/2 and infinity. More
 * taps are pieces of four, and a piece meets what the piece before it meets one tile of four places later. Weights are
 * packed (ceil(channels / 16), 7, pieces * inputs, 16).
 */

#define POINTS 7

/* Weighted sums of the inputs of every tile, (POINTS, tiles, inputs); beyond the last place lie zeros. */
static void minimal_in(const conv_shape *s, int tiles, const float *x, float *to)
{
    const int depth = s->x_step, size = tiles * depth, inputs = s->places - 1 + s->run / depth;
    for (int tile = 0; tile < tiles; tile++) {
        const float *from = x + 4 * tile * depth;
        for (int next = 0; next < depth; next += LANES) {
            const int c = next + LANES <= depth ? next : depth - LANES; /* the last vector overlaps */
            float *at = to + tile * depth + c;
            vec d[POINTS] = {0}, g[POINTS - 1];
            UNROLL
            for (int i = 0; i < POINTS; i++)
                if (4 * tile + i < inputs)
                    d[i] = *(const vec *)(from + i * depth + c);
            UNROLL
            for (int i = 0; i < POINTS - 1; i++)
                g[i] = d[i + 1] - 0.5f * d[i];
            const vec one = g[3] - 4.0f * g[1], one_on = g[4] - 4.0f * g[2];
            const vec two = 2.0f * (g[3] - g[1]), two_on = g[4] - g[2];
            *(vec *)at = g[4] - 5.0f * g[2] + 4.0f * g[0];
            *(vec *)(at + size) = one_on + one;
            *(vec *)(at + 2 * size) = one_on - one;
            *(vec *)(at + 3 * size) = two_on + two;
            *(vec *)(at + 4 * size) = two_on - two;
            *(vec *)(at + 5 * size) = d[5] - 5.0f * d[3] + 4.0f * d[1];
            *(vec *)(at + 6 * size) = g[5] - 5.0f * g[3] + 4.0f * g[1];
        }
    }
}

/* From the products of a tile, `size` apart, to its four places of 16 channels. */
INLINE void minimal_out(const float *products, int size, const float *bias, float *sums)
{
    for (int lane = 0; lane < BLOCK; lane += LANES) {
        vec m[POINTS];
        UNROLL
        for (int i = 0; i < POINTS; i++)
            m[i] = *(const vec *)(products + i * size + lane);
        const vec b = *(const vec *)(bias + lane);
        const vec one = m[1] + m[2], one_odd = m[1] - m[2], two = m[3] + m[4], two_odd = m[3] - m[4];
        *(vec *)(sums + lane) = m[0] + one + two + m[5] + b;
        *(vec *)(sums + BLOCK + lane) = one_odd + 2.0f * two_odd + 0.5f * m[5] + b;
        *(vec *)(sums + 2 * BLOCK + lane) = one + 4.0f * two + 0.25f * m[5] + b;
        *(vec *)(sums + 3 * BLOCK + lane) = one_odd + 8.0f * two_odd + 0.125f * m[5] + m[6] + b;
    }
}

static void minimal_f32(const conv_shape *s, const float *weights, const float *bias, const float *x, float *y,
                        float *scratch)
{
    static const float none[BLOCKS * BLOCK] = {0};
    const int pieces = (s->run / s->x_step + 3) / 4, tiles = (s->places + 3) / 4;
    const int size = (tiles + pieces - 1) * s->x_step;
    const conv_shape piece = {.taps_down = 1, .taps_along = 1, .run = pieces * s->x_step, .x_step = s->x_step};
    const int next = POINTS * piece.run * BLOCK; /* to the weights of the next block of channels */
    float *products = scratch + POINTS * size;
    minimal_in(s, tiles + pieces - 1, x, scratch);
    for (int first = 0, blocks; first < s->channels; first += blocks * BLOCK, weights += blocks * next) {
        blocks = s->channels - first <= (BLOCKS - 1) * BLOCK ? 1 : BLOCKS;
        for (int point = 0; point < POINTS; point++) {
            for (int tile = 0, left = (tiles + TILE - 1) / TILE; left > 0; left--) {
                const int count = (tiles - tile + left - 1) / left;
                sum_f32(count, blocks * BLOCK, &piece, scratch + point * size + tile * s->x_step,
                        weights + point * piece.run * BLOCK, next, none, products + (point * tiles + tile) * BLOCK,
                        POINTS * tiles * BLOCK);
                tile += count;
            }
        }
        for (int b = 0; b < blocks; b++) {
            const int at = first + b * BLOCK, channels = s->channels - at < BLOCK ? s->channels - at : BLOCK;
            for (int tile = 0; tile < tiles; tile++) {
                float sums[4 * BLOCK];
                minimal_out(products + (b * POINTS * tiles + tile) * BLOCK, tiles * BLOCK, bias + at, sums);
                for (int p = 0; p < 4 && 4 * tile + p < s->places; p++)
                    keep_f32(s, 4 * tile + p, channels, sums + p * BLOCK, y + at);
            }
        }
    }
}
