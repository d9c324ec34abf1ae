/* Tell the emotion of WAV files: one line each, the likeliest label and all probabilities.
 *
 *     quaver_model clip.wav more.wav
 *
 * Where the network adapts to voices, `--speaker FILE` in front of them hears them all as one person's: what FILE knows
 * of the voice is used, and what is noticed is kept there, in the form of `quaver predict --speaker`.
 *
 * Reads 8, 16, 24 and 32 bit and floating point, any number of channels, any rate. Exits with 0 if any file succeeded.
 */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quaver_model.h"

#ifdef QUAVER_VOICE
#define USAGE "[--speaker FILE] "
#else
#define USAGE ""
#endif
#define ZEROS 32.0 /* crossings of the sinc on either side */

typedef struct {
    float *samples;
    int count, rate;
} sound;

static quaver_arena arena;

static uint32_t little(const unsigned char *bytes, int count)
{
    uint32_t value = 0;
    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* One value of a frame, full scale 1. */
static float decoded(const unsigned char *bytes, int format, int width)
{
    const uint32_t bits = width < 8 ? little(bytes, width) << (32 - 8 * width) : 0;
    if (format == 3 && width == 4) {
        float value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (width == 1)
        return (float)(bytes[0] - 128) / 128.0f;
    const double whole = bits < 0x80000000u ? (double)bits : (double)bits - 4294967296.0;
    return (float)(whole / 2147483648.0);
}

/* Find a chunk of a RIFF file; gives its first byte and its size, or NULL. */
static const unsigned char *chunk(const unsigned char *file, size_t length, const char *name, size_t *size)
{
    for (size_t at = 12; at + 8 <= length;) {
        *size = little(file + at + 4, 4);
        if (*size > length - at - 8)
            *size = length - at - 8; /* cut off, or written to a pipe */
        if (memcmp(file + at, name, 4) == 0)
            return file + at + 8;
        at += 8 + *size + *size % 2;
    }
    return NULL;
}

/* Mix the frames of a WAV file to one channel; gives what is wrong with it, or NULL. */
static const char *decode(const unsigned char *file, size_t length, sound *out)
{
    size_t size, data_size;
    if (length < 12 || memcmp(file, "RIFF", 4) != 0 || memcmp(file + 8, "WAVE", 4) != 0)
        return "is no WAV file";
    const unsigned char *head = chunk(file, length, "fmt ", &size);
    const unsigned char *data = chunk(file, length, "data", &data_size);
    if (!head || size < 16 || !data)
        return "is cut off or damaged";
    const int channels = (int)little(head + 2, 2), width = (int)little(head + 14, 2) / 8;
    const int format = little(head, 2) == 0xfffe && size >= 26 ? (int)little(head + 24, 2) : (int)little(head, 2);
    out->rate = (int)little(head + 4, 4);
    if (channels < 1 || out->rate < 1000 || out->rate > 1000000 || width < 1 || width > 4 ||
        !(format == 1 || (format == 3 && width == 4)))
        return "holds no 8 to 32 bit PCM or 32 bit floating point";
    out->count = (int)(data_size / (size_t)(channels * width));
    out->samples = malloc(sizeof(float) * (size_t)(out->count + 1));
    if (!out->samples)
        return "does not fit the memory";
    for (int i = 0; i < out->count; i++) {
        float sum = 0.0f;
        for (int c = 0; c < channels; c++)
            sum += decoded(data + ((size_t)i * (size_t)channels + (size_t)c) * (size_t)width, format, width);
        out->samples[i] = sum / (float)channels;
    }
    return NULL;
}

/* Bring a sound to the model's rate by a sinc under a Hann window; quieter above 0.95 of the band than soxr. */
static const char *resample(sound *in)
{
    if (in->rate == QUAVER_SAMPLE_RATE)
        return NULL;
    const double ratio = (double)in->rate / QUAVER_SAMPLE_RATE;
    const double band = 0.95 * (ratio > 1.0 ? 1.0 / ratio : 1.0), reach = ZEROS / band;
    const int count = (int)ceil(in->count / ratio);
    float *samples = malloc(sizeof(float) * (size_t)(count + 1));
    if (!samples)
        return "does not fit the memory";
    for (int i = 0; i < count; i++) {
        const double at = i * ratio;
        const int first = at > reach ? (int)ceil(at - reach) : 0;
        double sum = 0.0;
        for (int k = first; k < in->count && k <= at + reach; k++) {
            const double x = 3.14159265358979324 * (k - at);
            const double sinc = x == 0.0 ? band : sin(band * x) / x;
            sum += in->samples[k] * sinc * (0.5 + 0.5 * cos(x / reach));
        }
        samples[i] = (float)sum;
    }
    free(in->samples);
    in->samples = samples;
    in->count = count;
    return NULL;
}

/* Bring samples to the model's full scale, in memory of their own. */
static const char *scale(const sound *heard, quaver_sample **samples)
{
    *samples = malloc(sizeof(quaver_sample) * (size_t)(heard->count + 1));
    if (!*samples)
        return "does not fit the memory";
    for (int i = 0; i < heard->count; i++) {
        const float value = heard->samples[i];
        if (QUAVER_FULL_SCALE == 1)
            (*samples)[i] = (quaver_sample)value;
        else if (!isfinite(value))
            return "holds values that are not finite";
        else
            (*samples)[i] = (quaver_sample)lrint(fmax(-32768.0, fmin(32767.0, 32768.0 * value)));
    }
    return NULL;
}

/* Read a whole file; gives its bytes, or NULL. */
static unsigned char *read_all(const char *path, size_t *length)
{
    size_t room = 1 << 16;
    unsigned char *bytes = malloc(room), *more;
    FILE *file = fopen(path, "rb");
    *length = 0;
    while (file && bytes) {
        *length += fread(bytes + *length, 1, room - *length, file);
        if (*length < room)
            break;
        more = realloc(bytes, room *= 2);
        if (!more)
            free(bytes);
        bytes = more;
    }
    if (file)
        fclose(file);
    if (!file) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

@SPEAKER@
static quaver_status hear(const quaver_sample *samples, int count, float probabilities[QUAVER_OUTPUTS])
{
#ifdef QUAVER_VOICE
    if (known)
        return quaver_listen(&arena, &profile, samples, count, probabilities);
#endif
    return quaver_classify(&arena, samples, count, probabilities);
}

static const char *classify(const char *path, float probabilities[QUAVER_OUTPUTS])
{
    static const char *const reasons[] = {NULL, "is too short; 0.1 s is needed", "is too long",
                                          "holds values that are not finite", "is silent"};
    size_t length;
    sound heard = {NULL, 0, 0};
    quaver_sample *samples = NULL;
    unsigned char *file = read_all(path, &length);
    if (!file)
        return "cannot be read";
    const char *wrong = decode(file, length, &heard);
    free(file);
    if (!wrong)
        wrong = resample(&heard);
    if (!wrong)
        wrong = scale(&heard, &samples);
    if (!wrong)
        wrong = reasons[hear(samples, heard.count, probabilities)];
    free(heard.samples);
    free(samples);
    return wrong;
}

int main(int count, char **arguments)
{
    int succeeded = 0, first = 1;
#ifdef QUAVER_VOICE
    known = count > 2 && strcmp(arguments[1], "--speaker") == 0;
    first = known ? 3 : 1;
#endif
    if (count <= first) {
        fprintf(stderr, "usage: %s " USAGE "clip.wav ...\n", arguments[0]);
        return 2;
    }
#ifdef QUAVER_VOICE
    if (known && !recall(arguments[2])) {
        fprintf(stderr, "%s: %s is no profile of this network.\n", arguments[0], arguments[2]);
        return 1;
    }
#endif
    for (int i = first; i < count; i++) {
        float probabilities[QUAVER_OUTPUTS];
        int best = 0;
        const char *wrong = classify(arguments[i], probabilities);
        if (wrong) {
            fprintf(stderr, "%s: %s %s.\n", arguments[0], arguments[i], wrong);
            continue;
        }
        for (int k = 1; k < QUAVER_OUTPUTS; k++)
            best = probabilities[k] > probabilities[best] ? k : best;
        printf("%s\t%s", arguments[i], quaver_labels[best]);
        for (int k = 0; k < QUAVER_OUTPUTS; k++)
            printf("\t%s=%.7f", quaver_labels[k], (double)probabilities[k]);
        printf("\n");
        succeeded = 1;
    }
#ifdef QUAVER_VOICE
    if (known && succeeded && !keep(arguments[2])) {
        fprintf(stderr, "%s: %s cannot be written.\n", arguments[0], arguments[2]);
        return 1;
    }
#endif
    return succeeded ? 0 : 1;
}
