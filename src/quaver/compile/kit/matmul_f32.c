/* ---- The product of two computed matrices (m, k) and (k, n), their columns neighbours --------------------------- */

static void matmul_f32(int m, int k, int n, const float *a, const float *b, float *y)
{
    for (int row = 0; row < m; row++) {
        for (int first = 0; first < n; first += BLOCK) {
            const int count = n - first < BLOCK ? n - first : BLOCK;
            float sums[BLOCK] = {0};
            for (int i = 0; i < k; i++) {
                const float *from = b + i * n + first;
                for (int c = 0; c < count; c++)
                    sums[c] += a[row * k + i] * from[c];
            }
            for (int c = 0; c < count; c++)
                y[row * n + first + c] = sums[c];
        }
    }
}
