/* A RISC-V core from reset to main: stack, memory, floating point, the count of instructions and semihosting. */

#include "board.h"

#include <stdint.h>

#define PAINT 0xa5a5a5a5u

extern uint32_t board_data_from[], board_data[], board_data_end[], board_bss[], board_bss_end[];
extern uint32_t board_stack[], board_stack_top[]; /* from the linker script */
int main(void);

static unsigned long long began;

static uint32_t semihosting(uint32_t operation, const void *argument)
{
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n\t.option norvc\n\t.balign 16\n\t" /* the three must lie together */
                     "slli zero, zero, 0x1f\n\tebreak\n\tsrai zero, zero, 7\n\t.option pop"
                     : "+r"(a0) : "r"(a1) : "memory");
    return a0;
}

void board_print(const char *text)
{
    semihosting(0x04, text); /* SYS_WRITE0 */
}

void board_exit(int failed)
{
    const uint32_t reason[2] = {0x20026, (uint32_t)failed}; /* ADP_Stopped_ApplicationExit */
    semihosting(0x20, reason);                              /* SYS_EXIT_EXTENDED */
    for (;;) {
    }
}

static unsigned long long retired(void)
{
    uint32_t high, low, again;
    do {
        __asm__ volatile("csrr %0, minstreth\n\tcsrr %1, minstret\n\tcsrr %2, minstreth"
                         : "=r"(high), "=r"(low), "=r"(again));
    } while (high != again);
    return (unsigned long long)high << 32 | low;
}

void board_start_clock(void)
{
    began = retired();
}

unsigned long long board_clock(void)
{
    return retired() - began;
}

unsigned board_stack_used(void)
{
    const uint32_t *lowest = board_stack;
    while (lowest < board_stack_top && *lowest == PAINT)
        lowest++;
    return (unsigned)(board_stack_top - lowest) * 4;
}

__attribute__((interrupt, aligned(4))) static void fault(void)
{
    board_print("the processor met a fault\n");
    board_exit(1);
}

__attribute__((noinline, used)) void board_begin(void)
{
    uint32_t *here;
    __asm__ volatile("csrw mtvec, %0" : : "r"(fault));
    for (uint32_t *to = board_data, *from = board_data_from; to < board_data_end;)
        *to++ = *from++;
    for (uint32_t *to = board_bss; to < board_bss_end;)
        *to++ = 0;
    __asm__ volatile("mv %0, sp" : "=r"(here) : : "memory");
    for (volatile uint32_t *to = board_stack; to < here - 16;)
        *to++ = PAINT;
    board_exit(main());
}

__asm__(".section .vectors, \"ax\"\n"
        ".globl board_reset\n"
        "board_reset:\n"
        "    la sp, board_stack_top\n"
        "    li t0, 0x2000\n" /* floating point is on */
        "    csrs mstatus, t0\n"
        "    call board_begin\n"
        ".text\n");
