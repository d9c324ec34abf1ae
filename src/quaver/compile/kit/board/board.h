/* What the example asks of a board: text out through a debugger or an emulator, an end, a count of instructions. */
#ifndef BOARD_H
#define BOARD_H

/* Start counting from zero. */
void board_start_clock(void);

/* The instructions since then where an emulator runs one in a nanosecond; nanoseconds on a real board. */
unsigned long long board_clock(void);

void board_print(const char *text);

/* End the program; `failed` is 0 or 1. */
void board_exit(int failed);

/* The bytes of stack that have been used so far, at most. */
unsigned board_stack_used(void);

#endif
