/* ---- From the samples of somebody who is known -------------------------------------------------------------------- */

void quaver_meet(quaver_profile *profile)
{
    profile->clips = 0;
    for (int i = 0; i < QUAVER_VOICE; i++)
        profile->mean[i] = profile->squares[i] = 0.0;
}

/* Count the mean of some windows as one more clip (Welford, 1962). */
static void profile_hear(quaver_profile *profile, int windows)
{
    profile->clips++;
    for (int i = 0; i < QUAVER_VOICE; i++) {
        const double voice = (double)(profile->heard[i] / (float)windows), off = voice - profile->mean[i];
        profile->mean[i] += off / profile->clips;
        profile->squares[i] += off * (voice - profile->mean[i]);
    }
}

void quaver_network_of(quaver_arena *arena, const quaver_profile *profile, const float input[QUAVER_INPUTS],
                       @TAKES_FRAMES@float voice[QUAVER_VOICE], float output[QUAVER_OUTPUTS])
{
    run_network(arena->shared, input, @FRAMES@profile, voice, output);
}

quaver_status quaver_listen(quaver_arena *arena, quaver_profile *profile, const quaver_sample *samples, int count,
                            float probabilities[QUAVER_OUTPUTS])
{
    int heard = 0;
    for (int i = 0; i < QUAVER_VOICE; i++)
        profile->heard[i] = 0.0f;
    const quaver_status status =
        classify_windows(arena, samples, count, profile, profile->heard, probabilities, &heard);
    if (status == QUAVER_OK)
        profile_hear(profile, heard);
    return status;
}
