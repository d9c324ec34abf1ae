/* The model is compiled three times, for AVX-512 with VNNI, for AVX2 with FMA and for every x86-64; the processor and
 * the operating system say which of them may run. */

#include "quaver_model.h"

typedef enum { UNKNOWN = 0, SSE2, AVX2, AVX512 } kind;

static void cpuid(unsigned leaf, unsigned *a, unsigned *b, unsigned *c, unsigned *d)
{
    __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(0));
}

/* The registers that the operating system keeps when it switches threads. */
static unsigned kept(void)
{
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static kind found(void)
{
    const unsigned fma = 1u << 12, movbe = 1u << 22, saves = 1u << 27, f16c = 1u << 29, lzcnt = 1u << 5;
    const unsigned bmi = 1u << 3, avx2 = 1u << 5, bmi2 = 1u << 8;
    const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31; /* F, DQ, CD, BW, VL */
    const unsigned vnni = 1u << 11;
    unsigned most, a, b, c, d, b7, c7, c1, c8;
    cpuid(0, &most, &b, &c, &d);
    if (most < 7)
        return SSE2;
    cpuid(1, &a, &b, &c1, &d);
    cpuid(7, &a, &b7, &c7, &d);
    cpuid(0x80000001u, &a, &b, &c8, &d);
    if ((c1 & (fma | movbe | saves | f16c)) != (fma | movbe | saves | f16c) || (kept() & 0x6) != 0x6)
        return SSE2;
    if ((b7 & (bmi | avx2 | bmi2)) != (bmi | avx2 | bmi2) || !(c8 & lzcnt))
        return SSE2;
    return (b7 & avx512) == avx512 && (c7 & vnni) && (kept() & 0xe6) == 0xe6 ? AVX512 : AVX2;
}

static kind chosen(void)
{
    static volatile kind known = UNKNOWN; /* two threads at once find the same */
    if (known == UNKNOWN)
        known = found();
    return known;
}

#define CHOOSE(name, ...)                                                                                              \
    switch (chosen()) {                                                                                                \
    case AVX512: return name##_avx512(__VA_ARGS__);                                                                    \
    case AVX2: return name##_avx2(__VA_ARGS__);                                                                        \
    default: return name##_sse2(__VA_ARGS__);                                                                          \
    }

#define NETWORK(name) void name(quaver_arena *arena, const float *input, @TAKES_FRAMES@float *output)
NETWORK(quaver_network_avx512);
NETWORK(quaver_network_avx2);
NETWORK(quaver_network_sse2);

void quaver_network(quaver_arena *arena, const float input[QUAVER_INPUTS], @TAKES_FRAMES@float output[QUAVER_OUTPUTS])
{
    switch (chosen()) {
    case AVX512: quaver_network_avx512(arena, input, @FRAMES@output); break;
    case AVX2: quaver_network_avx2(arena, input, @FRAMES@output); break;
    default: quaver_network_sse2(arena, input, @FRAMES@output); break;
    }
}

#ifdef QUAVER_SAMPLE_RATE
#define SOUND(name) quaver_status name(quaver_arena *arena, const float *samples, int count, float *result)
SOUND(quaver_classify_avx512);
SOUND(quaver_classify_avx2);
SOUND(quaver_classify_sse2);
#define FEATURES(name)                                                                                                 \
    quaver_status name(quaver_arena *arena, const float *samples, int count, @GIVES_FRAMES@float *features)
FEATURES(quaver_features_avx512);
FEATURES(quaver_features_avx2);
FEATURES(quaver_features_sse2);

quaver_status quaver_classify(quaver_arena *arena, const float *samples, int count, float probabilities[QUAVER_OUTPUTS])
{
    CHOOSE(quaver_classify, arena, samples, count, probabilities)
}

quaver_status quaver_features(quaver_arena *arena, const float *samples, int count,
                              @GIVES_FRAMES@float features[QUAVER_INPUTS])
{
    CHOOSE(quaver_features, arena, samples, count, @FRAMES@features)
}

#define STREAM(name)                                                                                                   \
    quaver_status name(quaver_stream *stream, quaver_arena *arena, const float *samples, int count, int *taken,       \
                       float *result)
#define FINISH(name) quaver_status name(quaver_stream *stream, quaver_arena *arena, float *result)
void quaver_begin_sse2(quaver_stream *stream);
STREAM(quaver_push_avx512);
STREAM(quaver_push_avx2);
STREAM(quaver_push_sse2);
FINISH(quaver_finish_avx512);
FINISH(quaver_finish_avx2);
FINISH(quaver_finish_sse2);

void quaver_begin(quaver_stream *stream)
{
    quaver_begin_sse2(stream); /* the same in all */
}

quaver_status quaver_push(quaver_stream *stream, quaver_arena *arena, const float *samples, int count, int *taken,
                          float probabilities[QUAVER_OUTPUTS])
{
    CHOOSE(quaver_push, stream, arena, samples, count, taken, probabilities)
}

quaver_status quaver_finish(quaver_stream *stream, quaver_arena *arena, float probabilities[QUAVER_OUTPUTS])
{
    CHOOSE(quaver_finish, stream, arena, probabilities)
}

#ifdef QUAVER_VOICE
#define LISTEN(name)                                                                                                   \
    quaver_status name(quaver_arena *arena, quaver_profile *profile, const float *samples, int count, float *result)
void quaver_meet_sse2(quaver_profile *profile);
LISTEN(quaver_listen_avx512);
LISTEN(quaver_listen_avx2);
LISTEN(quaver_listen_sse2);

void quaver_meet(quaver_profile *profile)
{
    quaver_meet_sse2(profile); /* the same in all */
}

quaver_status quaver_listen(quaver_arena *arena, quaver_profile *profile, const float *samples, int count,
                            float probabilities[QUAVER_OUTPUTS])
{
    CHOOSE(quaver_listen, arena, profile, samples, count, probabilities)
}

#define NETWORK_OF(name)                                                                                               \
    void name(quaver_arena *arena, const quaver_profile *profile, const float *input, @TAKES_FRAMES@float *voice,     \
              float *output)
NETWORK_OF(quaver_network_of_avx512);
NETWORK_OF(quaver_network_of_avx2);
NETWORK_OF(quaver_network_of_sse2);

void quaver_network_of(quaver_arena *arena, const quaver_profile *profile, const float input[QUAVER_INPUTS],
                       @TAKES_FRAMES@float voice[QUAVER_VOICE], float output[QUAVER_OUTPUTS])
{
    switch (chosen()) {
    case AVX512: quaver_network_of_avx512(arena, profile, input, @FRAMES@voice, output); break;
    case AVX2: quaver_network_of_avx2(arena, profile, input, @FRAMES@voice, output); break;
    default: quaver_network_of_sse2(arena, profile, input, @FRAMES@voice, output); break;
    }
}
#endif
#endif
