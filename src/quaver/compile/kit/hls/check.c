/* Run the network on inputs from standard input, values as the machine stores them, and write its outputs. */

#include <stdio.h>

#include "quaver_model.h"

int main(void)
{
    static float input[QUAVER_INPUTS], output[QUAVER_OUTPUTS];
    while (fread(input, sizeof input, 1, stdin) == 1) {
        quaver_network(input, output);
        if (fwrite(output, sizeof output, 1, stdout) != 1)
            return 1;
    }
    return 0;
}
