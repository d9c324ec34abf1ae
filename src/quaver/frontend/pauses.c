/* ---- Pauses ------------------------------------------------------------------------------------------------------ */

/* Leave out the frames (MELS) of which no band is louder than `quiet`, but for PAUSE_EDGE on either side of louder ones.
 * Gives how many stay. */
static int logmel_unpaused(float *features, int frames, logmel_level quiet)
{
    int kept = 0, ahead = 0, loud = -PAUSE_EDGE - 1;
    for (int i = 0; i < frames; i++) {
        for (; ahead < frames && ahead <= i + PAUSE_EDGE; ahead++)
            loud = logmel_loudest(features + ahead * MELS, MELS) > quiet ? ahead : loud;
        if (i - loud <= PAUSE_EDGE)
            memmove(features + kept++ * MELS, features + i * MELS, MELS * sizeof(float));
    }
    return kept;
}
