#ifndef QUAVER_MODEL_H
#define QUAVER_MODEL_H

#define QUAVER_INPUTS @INPUTS@
#define QUAVER_OUTPUTS @OUTPUTS@

/* The function to synthesise: values in ONNX's order come and go. Its tensors are static arrays, so that a tool can put
 * each into memory of its own; it serves one call at a time. */
void quaver_network(const float input[QUAVER_INPUTS], float output[QUAVER_OUTPUTS]);

#endif
