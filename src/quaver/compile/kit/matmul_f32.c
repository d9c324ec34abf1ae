/* ---- The product of two computed matrices (m, k) and (k, n), rows some values apart ----------------------------- */

#define COLUMNS (BLOCKS * BLOCK) /* of a tile */

/* The sums of some rows and of vectors of columns; what stands beyond the last column is read and left out. */
INLINE void matmul_tile(const int rows, const int vectors, const int lane, int k, const float *a, int a_row,
                        const float *b, int b_row, float *sums)
{
    vec sum[TILE][BLOCKS * VECTORS] = {0};
    const float *at = a;
    for (int i = 0; i < k; i++, at++) {
        vec column[BLOCKS * VECTORS];
        UNROLL
        for (int v = 0; v < vectors; v++)
            column[v] = *(const vec *)(b + i * b_row + lane + v * LANES);
        UNROLL
        for (int r = 0; r < rows; r++)
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] += OF_ROW(a, r, a_row, i, at) * column[v];
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
        for (int v = 0; v < vectors; v++)
            *(vec *)(sums + r * COLUMNS + lane + v * LANES) = sum[r][v];
}

/* A tile of any height; every case is compiled with its own number of registers. */
INLINE void matmul_rows(int rows, const int vectors, int lane, int k, const float *a, int a_row, const float *b,
                        int b_row, float *sums)
{
    switch (rows) {
    case 1: matmul_tile(1, vectors, lane, k, a, a_row, b, b_row, sums); break;
    case 2: matmul_tile(2, vectors, lane, k, a, a_row, b, b_row, sums); break;
    case 3: matmul_tile(3, vectors, lane, k, a, a_row, b, b_row, sums); break;
#if TILE > 3
    case 4: matmul_tile(4, vectors, lane, k, a, a_row, b, b_row, sums); break;
#endif
#if TILE > 4
    case 5: matmul_tile(5, vectors, lane, k, a, a_row, b, b_row, sums); break;
    case 6: matmul_tile(6, vectors, lane, k, a, a_row, b, b_row, sums); break;
#endif
#if TILE > 6
    case 7: matmul_tile(7, vectors, lane, k, a, a_row, b, b_row, sums); break;
    case 8: matmul_tile(8, vectors, lane, k, a, a_row, b, b_row, sums); break;
    case 9: matmul_tile(9, vectors, lane, k, a, a_row, b, b_row, sums); break;
    case 10: matmul_tile(10, vectors, lane, k, a, a_row, b, b_row, sums); break;
    case 11: matmul_tile(11, vectors, lane, k, a, a_row, b, b_row, sums); break;
    case 12: matmul_tile(12, vectors, lane, k, a, a_row, b, b_row, sums); break;
#endif
    }
}

/* Sum up as many columns as a tile has, or one block of them. */
static void matmul_columns(int rows, int blocks, int k, const float *a, int a_row, const float *b, int b_row,
                           float *sums)
{
    for (int lane = 0; lane < BLOCK; lane += LANES * VECTORS) {
        if (blocks == 1)
            matmul_rows(rows, VECTORS, lane, k, a, a_row, b, b_row, sums);
        else
            matmul_rows(rows, BLOCKS * VECTORS, lane, k, a, a_row, b, b_row, sums);
    }
}

static void matmul_f32(int m, int k, int n, const float *a, int a_row, const float *b, int b_row, float *y, int y_row)
{
    for (int first = 0, blocks; first < n; first += blocks * BLOCK) {
        blocks = n - first <= (BLOCKS - 1) * BLOCK ? 1 : BLOCKS;
        const int count = n - first < blocks * BLOCK ? n - first : blocks * BLOCK;
        for (int row = 0, tiles = (m + TILE - 1) / TILE; tiles > 0; tiles--) { /* all but equally high */
            const int rows = (m - row + tiles - 1) / tiles;
            float sums[TILE * COLUMNS], *to = y + row * y_row + first;
            matmul_columns(rows, blocks, k, a + row * a_row, a_row, b + first, b_row, sums);
            for (int r = 0; r < rows; r++) {
                if (count == COLUMNS)
                    memcpy(to + r * y_row, sums + r * COLUMNS, sizeof(float) * COLUMNS);
                else
                    for (int c = 0; c < count; c++)
                        to[r * y_row + c] = sums[r * COLUMNS + c];
            }
            row += rows;
        }
    }
}
