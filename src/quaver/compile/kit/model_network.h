#ifndef QUAVER_MODEL_H
#define QUAVER_MODEL_H

#ifdef __cplusplus
extern "C" {
#endif

@NUMBERS@

/* Everything that changes. It needs no initialisation and keeps nothing from call to call; one serves one thread. */
typedef struct {
@OWN@    float shared[@WORDS@];
} quaver_arena;

/* Run the network; values lie in ONNX's order. */
void quaver_network(quaver_arena *arena, const float input[QUAVER_INPUTS], @TAKES_FRAMES@float output[QUAVER_OUTPUTS]);

#ifdef __cplusplus
}
#endif

#endif
