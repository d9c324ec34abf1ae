/* ---- The same, while the sound comes: every frame is computed when its samples are there ------------------------ */

#define KEPT QUAVER_KEPT               /* frames, as many as the longest sound that is heard as a whole has */
#define EACH (QUAVER_WINDOW / HOP)     /* frames of a window */
#define STEP (QUAVER_HOP / HOP)        /* frames from one window to the next */
#define EDGE QUAVER_EDGE               /* hops that a frame reaches to either side of its centre */
#define STARTS QUAVER_STARTS           /* windows that may have begun and are not heard yet */
#define TURN (KEPT * STEP * STARTS)    /* hops after which all places are the same again */

typedef char stream_counts_in_hops[QUAVER_LONGEST % HOP || QUAVER_WINDOW % HOP || QUAVER_HOP % HOP ? -1 : 1];

void quaver_begin(quaver_stream *stream)
{
    stream->windows = stream->hops = stream->part = stream->next = stream->end = stream->heard = stream->broken = 0;
    stream->part_kind = 0;
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        stream->sums[i] = 0.0f;
}

static logmel_work *stream_work(quaver_arena *arena)
{
    return (logmel_work *)(void *)(arena->shared + WORK_AT);
}

/* Compute what a hop that is complete makes possible: the frame EDGE hops ago, the first frames of a window that began
 * long enough ago, and the last ones of a window that ends here. `recent` holds the last 2 EDGE + 1 hops. */
static void stream_frames(quaver_stream *stream, quaver_arena *arena)
{
    logmel_work *work = stream_work(arena);
    const quaver_sample *before = stream->recent, *last = before + HOP;
    const int now = stream->hops, inner = now - EDGE, began = now - 2 * EDGE, length = 2 * EDGE * HOP;
    if (inner >= EDGE)
        logmel_frame(work, last, length, EDGE, stream->frames[inner % KEPT]);
    if (began >= 0 && began % STEP == 0) {
        for (int i = 0; i < EDGE; i++)
            logmel_frame(work, last, length, i, stream->heads[began / STEP % STARTS][i]);
        if (began == 0) /* the beginning of the sound */
            memcpy(stream->frames, stream->heads[0], sizeof stream->heads[0]);
    }
    if (now >= EACH && (now - EACH) % STEP == 0)
        for (int i = 1; i < EDGE; i++)
            logmel_frame(work, last, length, EDGE + i, stream->tails[(now - EACH) / STEP % STARTS][i]);
    memmove(stream->recent, last, sizeof(quaver_sample) * (size_t)length);
}

/* Take samples up to the end of a hop; gives how many. Those that cannot be used are told by the hop's kind. */
static int stream_take(quaver_stream *stream, quaver_arena *arena, const quaver_sample *samples, int count)
{
    const int room = HOP - stream->part, more = count < room ? count : room;
    quaver_sample *to = stream->recent + 2 * EDGE * HOP + stream->part;
    for (int i = 0; i < more; i++) {
        const int usable = logmel_usable(samples[i]);
        stream->part_kind |= (unsigned char)((usable ? 0 : 2) | !classify_silent(samples + i, 1));
        to[i] = usable ? samples[i] : (quaver_sample)0;
    }
    stream->part += more;
    if (stream->part == HOP) {
        stream->kinds[stream->hops % KEPT] = stream->part_kind;
        stream->hops++;
        stream_frames(stream, arena);
        stream->part = stream->part_kind = 0;
        if (stream->hops >= 2 * TURN + KEPT)
            stream->hops -= TURN, stream->next -= TURN, stream->end -= TURN;
    }
    return more;
}

/* Bring frames together: the first EDGE ones from `heads`, if a window begins with them, the last EDGE - 1 ones from
 * `tails`, the others from where they are kept. */
static void stream_gather(const quaver_stream *stream, int first, int count, @LEVEL@ (*heads)[QUAVER_BANDS],
                          @LEVEL@ (*tails)[QUAVER_BANDS], float *features)
{
    for (int i = 0; i < count; i++) {
        const int left = count - i;
        const @LEVEL@ *from = stream->frames[(first + i) % KEPT];
        if (heads && i < EDGE)
            from = heads[i];
        else if (left < EDGE)
            from = tails[EDGE - left];
        memcpy(features + i * QUAVER_BANDS, from, sizeof(float) * QUAVER_BANDS);
    }
}

/* Hear frames whose samples have these kinds, and keep their part of the mean. */
static quaver_status stream_hear(quaver_stream *stream, quaver_arena *arena, int frames, int kind,
                                 float *probabilities)
{
    float *features = arena->shared + FEATURES_AT;
    if (kind & 2) {
        stream->broken = 1;
        return QUAVER_NOT_FINITE;
    }
    if (!kind)
        return QUAVER_SILENT;
    const int left = logmel_settle(features, frames);
    classify_features(arena, features, left, @NOBODY@probabilities);
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        stream->sums[i] += probabilities[i];
    stream->heard++;
    return QUAVER_OK;
}

static int stream_kind(const quaver_stream *stream, int first, int count)
{
    int kind = 0;
    for (int i = 0; i < count; i++)
        kind |= stream->kinds[(first + i) % KEPT];
    return kind;
}

quaver_status quaver_push(quaver_stream *stream, quaver_arena *arena, const quaver_sample *samples, int count,
                          int *taken, float probabilities[QUAVER_OUTPUTS])
{
    for (*taken = 0;;) {
        const int left = count - *taken, first = stream->next, slot = first / STEP % STARTS;
        /* Only when more comes than is heard as a whole is it known that there are windows. */
        const int cut = stream->windows > 0 || (stream->hops == KEPT && left > 0);
        if (cut && first + EACH <= stream->hops) {
            stream->end = first + EACH;
            stream->next += STEP;
            stream->windows++;
            stream_gather(stream, first, EACH, stream->heads[slot], stream->tails[slot], arena->shared + FEATURES_AT);
            return stream_hear(stream, arena, EACH, stream_kind(stream, first, EACH), probabilities);
        }
        if (left <= 0)
            return QUAVER_WAITING;
        *taken += stream_take(stream, arena, samples + *taken, left);
    }
}

/* Hear the frames up to the end of the sound. */
static void stream_last(quaver_stream *stream, quaver_arena *arena, int frames, float *probabilities)
{
    const int first = stream->hops - frames, length = 2 * EDGE * HOP + stream->part;
    const int kind = stream_kind(stream, first, frames) | stream->part_kind;
    @LEVEL@ tails[QUAVER_EDGE][QUAVER_BANDS];
    for (int i = 1; i < EDGE; i++)
        logmel_frame(stream_work(arena), stream->recent, length, EDGE + i, tails[i]);
    stream_gather(stream, first, frames, first && first % STEP == 0 ? stream->heads[first / STEP % STARTS] : 0, tails,
                  arena->shared + FEATURES_AT);
    stream_hear(stream, arena, frames, kind, probabilities);
}

quaver_status quaver_finish(quaver_stream *stream, quaver_arena *arena, float probabilities[QUAVER_OUTPUTS])
{
    const int count = stream->hops * HOP + stream->part;
    if (!stream->windows && count < QUAVER_SHORTEST)
        return QUAVER_TOO_SHORT;
    if (!stream->windows)
        stream_last(stream, arena, stream->hops, probabilities);
    else if (stream->end < stream->hops || stream->part)
        stream_last(stream, arena, EACH, probabilities);
    return stream->broken ? QUAVER_NOT_FINITE : classify_mean(stream->sums, stream->heard, probabilities);
}
