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

/* A tile of any height; every case is compiled with its own number of registers. */
static void matmul_rows(int rows, int lane, int k, const float *a, int a_row, const float *b, int b_row, float *sums)
{
    switch (rows) {
    case 1: matmul_tile(1, lane, k, a, a_row, b, b_row, sums); break;
    case 2: matmul_tile(2, lane, k, a, a_row, b, b_row, sums); break;
    case 3: matmul_tile(3, lane, k, a, a_row, b, b_row, sums); break;
#if TILE > 3
    case 4: matmul_tile(4, lane, k, a, a_row, b, b_row, sums); break;
#endif
#if TILE > 4
    case 5: matmul_tile(5, lane, k, a, a_row, b, b_row, sums); break;
    case 6: matmul_tile(6, lane, k, a, a_row, b, b_row, sums); break;
#endif
#if TILE > 6
    case 7: matmul_tile(7, lane, k, a, a_row, b, b_row, sums); break;
    case 8: matmul_tile(8, lane, k, a, a_row, b, b_row, sums); break;
    case 9: matmul_tile(9, lane, k, a, a_row, b, b_row, sums); break;
    case 10: matmul_tile(10, lane, k, a, a_row, b, b_row, sums); break;
    case 11: matmul_tile(11, lane, k, a, a_row, b, b_row, sums); break;
    case 12: matmul_tile(12, lane, k, a, a_row, b, b_row, sums); break;
#endif
    }
}

static void matmul_f32(int m, int k, int n, const float *a, int a_row, const float *b, int b_row, float *y, int y_row)
{
    for (int first = 0; first < n; first += BLOCK) {
        const int count = n - first < BLOCK ? n - first : BLOCK;
        for (int row = 0, tiles = (m + TILE - 1) / TILE; tiles > 0; tiles--) { /* all but equally high */
            const int rows = (m - row + tiles - 1) / tiles;
            float sums[TILE * BLOCK], *to = y + row * y_row + first;
            for (int lane = 0; lane < BLOCK; lane += LANES * VECTORS)
                matmul_rows(rows, lane, k, a + row * a_row, a_row, b + first, b_row, sums);
            for (int r = 0; r < rows; r++) {
                if (count == BLOCK)
                    memcpy(to + r * y_row, sums + r * BLOCK, sizeof(float) * BLOCK);
                else
                    for (int c = 0; c < count; c++)
                        to[r * y_row + c] = sums[r * BLOCK + c];
            }
            row += rows;
        }
    }
}
