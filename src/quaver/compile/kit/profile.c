/* ---- What is known of a speaker --------------------------------------------------------------------------------- */

/* The mean and deviation to take for a person: between everybody's, 0 and 1, and the person's own, the nearer to the
 * latter the more clips were heard. */
static void profile_adaptation(const quaver_profile *profile, float *mean, float *deviation)
{
    const int clips = profile ? profile->clips : 0;
    const double own = clips / (clips + (double)PROFILE_ENOUGH);
    for (int i = 0; i < QUAVER_VOICE; i++) {
        const double variance = clips ? profile->squares[i] / clips : 0.0;
        const float root = sqrt_f32((float)(own * variance + (1.0 - own)));
        mean[i] = clips ? (float)(own * profile->mean[i]) : 0.0f;
        deviation[i] = root > PROFILE_SMALLEST ? root : PROFILE_SMALLEST;
    }
}
