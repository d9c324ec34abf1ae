/* A sound while it comes. One serves one sound at a time; none of its numbers matters to a caller but `windows`. */
typedef struct {
    int windows;                /* that were complete so far; the last one began (windows - 1) * QUAVER_HOP samples in */
    int held, next, end;        /* samples that are held; where among them the next window begins, the last one ended */
    int heard, broken;          /* windows that were not silent; was one not finite? */
    float sums[QUAVER_OUTPUTS];
    quaver_sample samples[QUAVER_HELD];
} quaver_stream;
