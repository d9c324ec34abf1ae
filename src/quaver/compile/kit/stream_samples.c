/* ---- The same, while the sound comes ---------------------------------------------------------------------------- */

void quaver_begin(quaver_stream *stream)
{
    stream->held = stream->next = stream->end = stream->windows = stream->heard = stream->broken = 0;
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        stream->sums[i] = 0.0f;
}

/* Hear a window of what is held, and keep its part of the mean. */
static quaver_status stream_hear(quaver_stream *stream, quaver_arena *arena, int first, int length,
                                 float *probabilities)
{
    const quaver_status status = classify_window(arena, stream->samples + first, length, @NOBODY@probabilities);
    if (status == QUAVER_OK) {
        for (int i = 0; i < QUAVER_OUTPUTS; i++)
            stream->sums[i] += probabilities[i];
        stream->heard++;
    } else if (status != QUAVER_SILENT) {
        stream->broken = 1;
    }
    return status;
}

/* Let go what no window needs any more: neither the next one nor the one at the end of the sound. */
static void stream_forget(quaver_stream *stream)
{
    const int spare = stream->held - QUAVER_WINDOW, gone = stream->next < spare ? stream->next : spare;
    memmove(stream->samples, stream->samples + gone, sizeof(quaver_sample) * (size_t)(stream->held - gone));
    stream->held -= gone;
    stream->next -= gone;
    stream->end -= gone;
}

quaver_status quaver_push(quaver_stream *stream, quaver_arena *arena, const quaver_sample *samples, int count, int *taken,
                          float probabilities[QUAVER_OUTPUTS])
{
    for (*taken = 0;;) {
        const int left = count - *taken;
        /* Only when more comes than is heard as a whole is it known that there are windows. */
        const int cut = stream->windows > 0 || (stream->held == QUAVER_LONGEST && left > 0);
        if (cut && stream->next + QUAVER_WINDOW <= stream->held) {
            const quaver_status status = stream_hear(stream, arena, stream->next, QUAVER_WINDOW, probabilities);
            stream->end = stream->next + QUAVER_WINDOW;
            stream->next += QUAVER_HOP;
            stream->windows++;
            stream_forget(stream);
            return status;
        }
        if (left <= 0)
            return QUAVER_WAITING;
        const int room = (cut ? QUAVER_HELD : QUAVER_LONGEST) - stream->held, more = left < room ? left : room;
        memcpy(stream->samples + stream->held, samples + *taken, sizeof(quaver_sample) * (size_t)more);
        stream->held += more;
        *taken += more;
    }
}

quaver_status quaver_finish(quaver_stream *stream, quaver_arena *arena, float probabilities[QUAVER_OUTPUTS])
{
    if (!stream->windows) {
        if (stream->held < QUAVER_SHORTEST)
            return QUAVER_TOO_SHORT;
        stream_hear(stream, arena, 0, stream->held, probabilities);
    } else if (stream->end < stream->held) {
        stream_hear(stream, arena, stream->held - QUAVER_WINDOW, QUAVER_WINDOW, probabilities);
    }
    return stream->broken ? QUAVER_NOT_FINITE : classify_mean(stream->sums, stream->heard, probabilities);
}
