/* What JavaScript calls: one sound at a time, in memory of the program's own. */

#include "quaver_model.h"

#define EXPORT(name) __attribute__((export_name(#name)))

static quaver_arena arena;
static quaver_stream stream;
static float samples[QUAVER_LONGEST], probabilities[QUAVER_OUTPUTS];
static int taken;

/* Where samples are put, up to `quaver_number(1)` of them, and where probabilities appear. */
EXPORT(quaver_samples) float *web_samples(void);
float *web_samples(void)
{
    return samples;
}

EXPORT(quaver_probabilities) float *web_probabilities(void);
float *web_probabilities(void)
{
    return probabilities;
}

/* The numbers of the model: rate, longest, shortest, window, hop, labels. */
EXPORT(quaver_number) int web_number(int which);
int web_number(int which)
{
    static const int numbers[] = {QUAVER_SAMPLE_RATE, QUAVER_LONGEST, QUAVER_SHORTEST,
                                  QUAVER_WINDOW,      QUAVER_HOP,     QUAVER_OUTPUTS};
    return numbers[which];
}

EXPORT(quaver_label) const char *web_label(int which);
const char *web_label(int which)
{
    return quaver_labels[which];
}

/* Hear so many samples as one sound; gives a status, see quaver_model.h. */
EXPORT(quaver_hear) int web_hear(int count);
int web_hear(int count)
{
    return (int)quaver_classify(&arena, samples, count, probabilities);
}

/* The same for a sound that comes bit by bit; `quaver_taken` tells how many samples the last push used. */
EXPORT(quaver_start) void web_start(void);
void web_start(void)
{
    quaver_begin(&stream);
}

EXPORT(quaver_push) int web_push(int from, int count);
int web_push(int from, int count)
{
    return (int)quaver_push(&stream, &arena, samples + from, count, &taken, probabilities);
}

EXPORT(quaver_taken) int web_taken(void);
int web_taken(void)
{
    return taken;
}

EXPORT(quaver_end) int web_end(void);
int web_end(void)
{
    return (int)quaver_finish(&stream, &arena, probabilities);
}
