/* What is known of a person's voice: running statistics without any sound or label. The caller owns it, and keeps it for
 * as long as the person agrees. One serves one person, and one program: QUAVER_NETWORK says whose numbers they are. */
typedef struct {
    int clips;                    /* that were heard */
    double mean[QUAVER_VOICE];    /* over the clips */
    double squares[QUAVER_VOICE]; /* the sum of squared distances from it */
    float heard[QUAVER_VOICE];    /* while a sound is heard */
} quaver_profile;

/* Begin a profile, of somebody who was never heard. */
void quaver_meet(quaver_profile *profile);

/* As quaver_classify, of somebody whose voice is known as far as the profile says: what it has of the person is taken out
 * of what the network hears. Afterwards the profile has heard this sound too; it stays as it was unless QUAVER_OK. */
quaver_status quaver_listen(quaver_arena *arena, quaver_profile *profile, const quaver_sample *samples, int count,
                            float probabilities[QUAVER_OUTPUTS]);

/* The network alone, without calibration, of somebody whose voice is known, or of anybody (0); what it tells of the voice
 * is added to `voice`. The profile stays as it is. */
void quaver_network_of(quaver_arena *arena, const quaver_profile *profile, const float input[QUAVER_INPUTS],
                       @TAKES_FRAMES@float voice[QUAVER_VOICE], float output[QUAVER_OUTPUTS]);

