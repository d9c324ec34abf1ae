/* ---- The shape of a convolution; rows and steps count values --------------------------------------------------- */

typedef struct {
    int rows, places;          /* where the kernel is put: down and along */
    int x_row, x_step;         /* input: from place to place, down and along */
    int taps_down, taps_along; /* runs of neighbouring inputs under the kernel */
    int run;                   /* inputs in a run */
    int tap_row, tap_step;     /* from run to run */
    int y_row, y_step;         /* output: from place to place */
    int pool;                  /* places of which the largest is kept; 1 keeps all */
    int relu;                  /* are values below zero cut off? */
    int channels;              /* of the output */
    int narrow;                /* of bytes: do two products fit sixteen bits? */
    int zero;                  /* the byte that stands for zero in the output */
} conv_shape;
