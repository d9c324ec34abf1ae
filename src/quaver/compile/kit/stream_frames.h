/* A sound while it comes: its frames, not its samples. One serves one sound at a time; none of its numbers matters to a
 * caller but `windows`. Frames and hops are counted from the beginning of the sound, or from later where that is long. */
typedef struct {
    int windows;                      /* that were complete so far; the last began (windows - 1) * QUAVER_HOP samples in */
    int hops, part;                   /* whole hops of a frame that have come, and samples beyond them */
    int next, end;                    /* the hops where the next window begins, and where the last one ended */
    int heard, broken;                /* windows that were not silent; was one not finite? */
    float sums[QUAVER_OUTPUTS];
    unsigned char part_kind, kinds[QUAVER_KEPT];                     /* 1: not silent, 2: not finite; of every hop */
    @LEVEL@ frames[QUAVER_KEPT][QUAVER_BANDS];                       /* those inside, each at its number modulo KEPT */
    @LEVEL@ heads[QUAVER_STARTS][QUAVER_EDGE][QUAVER_BANDS];         /* and at both ends of a window, where the sound */
    @LEVEL@ tails[QUAVER_STARTS][QUAVER_EDGE][QUAVER_BANDS];         /* is mirrored */
    quaver_sample recent[(2 * QUAVER_EDGE + 1) * QUAVER_FRAME_HOP];  /* the hops that frames are still made of */
} quaver_stream;
