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

#ifdef QUAVER_VOICE
static quaver_profile known, before;
static float distance;

/* How far a sound lies from the voices that the network learnt from, about 1 for such; 0 where that is not told. */
static float web_off(int count)
{
    float sum = 0.0f;
#ifdef QUAVER_FRAMES
    static float features[QUAVER_INPUTS];
    int frames = 0;
    quaver_features(&arena, samples, count, &frames, features);
    if (frames < QUAVER_FRAMES(QUAVER_SAMPLE_RATE)) /* a second without pauses; what is shorter lies far from all */
        return 0.0f;
#endif
    for (int i = 0; i < QUAVER_VOICE; i++)
        sum += known.heard[i] * known.heard[i];
    (void)count;
    return __builtin_sqrtf(sum / QUAVER_VOICE);
}

/* As quaver_hear, of somebody whose voice is known from what was heard like this before: it counts as one more clip. */
EXPORT(quaver_hear_known) int web_hear_known(int count);
int web_hear_known(int count)
{
    before = known;
    const quaver_status status = quaver_listen(&arena, &known, samples, count, probabilities);
    distance = status == QUAVER_OK ? web_off(count) : 0.0f;
    return (int)status;
}

EXPORT(quaver_distance) float web_distance(void);
float web_distance(void)
{
    return distance;
}

/* The last sound is not to count after all. */
EXPORT(quaver_unlearn) void web_unlearn(void);
void web_unlearn(void)
{
    known = before;
}

/* Whoever was known is known no more. */
EXPORT(quaver_forget) void web_forget(void);
void web_forget(void)
{
    known = before = (quaver_profile){0};
}

EXPORT(quaver_clips) int web_clips(void);
int web_clips(void)
{
    return known.clips;
}
#endif

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
