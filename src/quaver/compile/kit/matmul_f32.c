/* ---- The product of two computed matrices (m, k) and (k, n), rows some values apart ----------------------------- */

/* The sums of some rows and 16 columns; what stands beyond the last column is read and left out. */
INLINE void matmul_tile(const int rows, const int lane, int k, const float *a, int a_row, const float *b, int b_row,
                        float *sums)
{
    vec sum[TILE][VECTORS] = {0};
    for (int i = 0; i < k; i++) {
        vec column[VECTORS];
        UNROLL
        for (int v = 0; v < VECTORS; v++)
            column[v] = *(const vec *)(b + i * b_row + lane + v * LANES);
        UNROLL
        for (int r = 0; r < rows; r++)
            UNROLL
            for (int v = 0; v < VECTORS; v++)
                sum[r][v] += a[r * a_row + i] * column[v];
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
        for (int v = 0; v < VECTORS; v++)
            *(vec *)(sums + r * BLOCK + lane + v * LANES) = sum[r][v];
}

static void matmul_f32(int m, int k, int n, const float *a, int a_row, const float *b, int b_row, float *y, int y_row)
{
    for (int first = 0; first < n; first += BLOCK) {
        const int count = n - first < BLOCK ? n - first : BLOCK;
        for (int row = 0; row < m; row += TILE) {
            const int rows = m - row < TILE ? m - row : TILE;
            const float *from = a + row * a_row;
            float sums[TILE * BLOCK], *to = y + row * y_row + first;
            if (rows == TILE) {
                for (int lane = 0; lane < BLOCK; lane += LANES * VECTORS)
                    matmul_tile(TILE, lane, k, from, a_row, b + first, b_row, sums);
            } else {
                for (int r = 0; r < rows; r++)
                    for (int lane = 0; lane < BLOCK; lane += LANES * VECTORS)
                        matmul_tile(1, lane, k, from + r * a_row, a_row, b + first, b_row, sums + r * BLOCK);
            }
            for (int r = 0; r < rows; r++) {
                if (count == BLOCK)
                    memcpy(to + r * y_row, sums + r * BLOCK, sizeof(float) * BLOCK);
                else
                    for (int c = 0; c < count; c++)
                        to[r * y_row + c] = sums[r * BLOCK + c];
            }
        }
    }
}
