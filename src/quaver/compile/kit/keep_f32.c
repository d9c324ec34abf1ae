/* Bring the sums of one place to the output: cut off, and the largest kept where places are pooled. */
static void keep_f32(const conv_shape *s, int place, int channels, const float *sums, float *y)
{
    float *to = y + place / s->pool * s->y_step;
    const float lowest = s->relu ? 0.0f : -INFINITY;
    if (place % s->pool == 0) {
        for (int c = 0; c < channels; c++)
            to[c] = sums[c] < lowest ? lowest : sums[c];
    } else {
        for (int c = 0; c < channels; c++)
            to[c] = sums[c] > to[c] ? sums[c] : to[c];
    }
}
