#ifndef QUAVER_MODEL_H
#define QUAVER_MODEL_H

#ifdef __cplusplus
extern "C" {
#endif

@NUMBERS@

typedef enum {
    QUAVER_OK = 0,
    QUAVER_TOO_SHORT = 1,  /* fewer than QUAVER_SHORTEST samples */
    QUAVER_TOO_LONG = 2,   /* more than QUAVER_LONGEST samples, for quaver_features alone */
    QUAVER_NOT_FINITE = 3, /* NaN, infinity, or absurdly large */
    QUAVER_SILENT = 4,     /* no window reaches -80 dB of full scale */
    QUAVER_WAITING = 5     /* quaver_push alone: no window is complete yet */
} quaver_status;

@SAMPLE@

/* Everything that changes. It needs no initialisation and keeps nothing from call to call; one serves one thread. */
typedef struct {
@OWN@    float shared[@WORDS@];
} quaver_arena;

@STREAM@
/* The emotions, in the order of the probabilities. */
extern const char *const quaver_labels[QUAVER_OUTPUTS];

/* From samples (count), one channel at QUAVER_SAMPLE_RATE, to calibrated probabilities. Sound of more
 * than QUAVER_LONGEST samples is heard in windows, and the mean of their probabilities comes back. */
quaver_status quaver_classify(quaver_arena *arena, const quaver_sample *samples, int count,
                              float probabilities[QUAVER_OUTPUTS]);

/* The same while the sound comes, in pieces of any size. Begin a sound; push its samples; finish it. A window that is
 * complete ends a push: its probabilities come back with QUAVER_OK (QUAVER_SILENT or QUAVER_NOT_FINITE if it has none),
 * and `taken` says how many samples were used; push the rest again, until QUAVER_WAITING says that all of them were.
@ENDS@
void quaver_begin(quaver_stream *stream);
quaver_status quaver_push(quaver_stream *stream, quaver_arena *arena, const quaver_sample *samples, int count, int *taken,
                          float probabilities[QUAVER_OUTPUTS]);
quaver_status quaver_finish(quaver_stream *stream, quaver_arena *arena, float probabilities[QUAVER_OUTPUTS]);

@SPEAKERS@/* The first half of it: the features of up to QUAVER_LONGEST samples@TOLD_FRAMES@. */
quaver_status quaver_features(quaver_arena *arena, const quaver_sample *samples, int count,
                              @GIVES_FRAMES@float features[QUAVER_INPUTS]);

/* The second half: the network alone, without calibration. */
void quaver_network(quaver_arena *arena, const float input[QUAVER_INPUTS], @TAKES_FRAMES@float output[QUAVER_OUTPUTS]);

#ifdef __cplusplus
}
#endif

#endif
