/* Tell the emotion of the clips that are part of the program, and what that takes. */

#include "board.h"
#include "clips.h"
#include "quaver_model.h"

static quaver_arena arena;

/* Print a whole number of at least so many digits. */
static void print_number(unsigned long long value, int digits)
{
    char text[24];
    int at = (int)sizeof text - 1;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (--digits > 0 || value);
    board_print(text + at);
}

static void print_fact(const char *name, unsigned long long value)
{
    board_print("# ");
    board_print(name);
    board_print("\t");
    print_number(value, 1);
    board_print("\n");
}

static void print_share(const char *name, float value)
{
    const unsigned long long parts = (unsigned long long)(value * 1e7f + 0.5f);
    board_print("\t");
    board_print(name);
    board_print("=");
    print_number(parts / 10000000, 1);
    board_print(".");
    print_number(parts % 10000000, 7);
}

static int tell(int clip)
{
    float probabilities[QUAVER_OUTPUTS];
    int best = 0;
    board_start_clock();
    const quaver_status status = quaver_classify(&arena, clips[clip].samples, clips[clip].count, probabilities);
    const unsigned long long took = board_clock();
    if (status != QUAVER_OK) {
        board_print("a clip cannot be heard\n");
        return 1;
    }
    for (int i = 1; i < QUAVER_OUTPUTS; i++)
        best = probabilities[i] > probabilities[best] ? i : best;
    print_number((unsigned long long)clip, 1);
    board_print("\t");
    board_print(quaver_labels[best]);
    for (int i = 0; i < QUAVER_OUTPUTS; i++)
        print_share(quaver_labels[i], probabilities[i]);
    board_print("\n");
    print_fact("clip", took);
    return 0;
}

int main(void)
{
    static float features[QUAVER_INPUTS], output[QUAVER_OUTPUTS];
    int failed = 0;
    for (int clip = 0; clip < CLIPS; clip++)
        failed |= tell(clip);
    for (int i = 0; i < QUAVER_INPUTS; i++)
        features[i] = 0.5f;
    board_start_clock();
#ifdef QUAVER_FRAMES
    quaver_network(&arena, features, QUAVER_FRAMES(QUAVER_LONGEST), output);
#else
    quaver_network(&arena, features, output);
#endif
    print_fact("network", board_clock());
    print_fact("stack", board_stack_used());
    return failed;
}
