/* ---- The shape of a pooling; rows and steps count values ------------------------------------------------------- */

typedef struct {
    int rows, places;              /* of the output */
    int height, width;             /* of the input */
    int window_down, window_along; /* values under the window */
    int stride_down, stride_along;
    int gap_down, gap_along;       /* from one value under the window to the next */
    int before_down, before_along; /* padding, which never counts as a value */
    int x_row, x_step, y_row, y_step;
    int channels;
    int divisor;                   /* of a sum; 0 counts the values that lie inside */
} pool_shape;
