/* What a page calls to time a network alone. */

#include "quaver_model.h"

#define EXPORT(name) __attribute__((export_name(#name)))

static quaver_arena arena;
static float input[QUAVER_INPUTS], output[QUAVER_OUTPUTS];

EXPORT(input_at) float *input_at(void);
float *input_at(void)
{
    return input;
}

EXPORT(output_at) float *output_at(void);
float *output_at(void)
{
    return output;
}

EXPORT(run) void run(int frames);
void run(int frames)
{
#ifdef OPEN
    quaver_network(&arena, input, frames, output);
#else
    (void)frames;
    quaver_network(&arena, input, output);
#endif
}
