/* ---- Pauses ------------------------------------------------------------------------------------------------------ */

/* Count the frames (MELS) of which a band is louder than `quiet`, with PAUSE_EDGE on either side of each, and leave out
 * the others if that is asked for. */
static int logmel_heard(float *features, int frames, logmel_level quiet, int leave_out)
{
    int kept = 0, ahead = 0, loud = -PAUSE_EDGE - 1;
    for (int i = 0; i < frames; i++) {
        for (; ahead < frames && ahead <= i + PAUSE_EDGE; ahead++)
            loud = logmel_loudest(features + ahead * MELS, MELS) > quiet ? ahead : loud;
        if (i - loud > PAUSE_EDGE)
            continue;
        if (leave_out)
            memmove(features + kept * MELS, features + i * MELS, MELS * sizeof(float));
        kept++;
    }
    return kept;
}

/* Leave out pauses; gives the frames that are left. If they are few, a knock was loudest and no voice, and all stay. */
static int logmel_unpaused(float *features, int frames, logmel_level quiet)
{
    const int kept = logmel_heard(features, frames, quiet, 0);
    if (kept == frames || (float)kept < PAUSE_LEAST * (float)frames)
        return frames;
    return logmel_heard(features, frames, quiet, 1);
}
