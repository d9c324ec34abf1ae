/* Tells valgrind when to count. */

#include <valgrind/callgrind.h>

void begin(void)
{
    CALLGRIND_START_INSTRUMENTATION;
}

void end(void)
{
    CALLGRIND_STOP_INSTRUMENTATION;
}
