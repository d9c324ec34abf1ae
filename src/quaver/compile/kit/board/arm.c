/* A Cortex-M from reset to main: vectors, memory, floating point, a clock and semihosting. */

#include "board.h"

#include <stdint.h>

#ifndef BOARD_HZ
#define BOARD_HZ 25000000 /* of the processor's clock, by which SysTick counts */
#endif
#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYST_CSR REGISTER(0xe000e010u)
#define SYST_RVR REGISTER(0xe000e014u)
#define SYST_CVR REGISTER(0xe000e018u)
#define ICSR REGISTER(0xe000ed04u)
#define VTOR REGISTER(0xe000ed08u)
#define CPACR REGISTER(0xe000ed88u)
#define TURN 0x01000000u /* ticks in which SysTick comes round */
#define PAINT 0xa5a5a5a5u

extern uint32_t board_data_from[], board_data[], board_data_end[], board_bss[], board_bss_end[];
extern uint32_t board_stack[], board_stack_top[]; /* from the linker script */
int main(void);
void board_reset(void);

static volatile uint32_t turns;

static uint32_t semihosting(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
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

static void tick(void)
{
    turns++;
}

static void fault(void)
{
    board_print("the processor met a fault\n");
    board_exit(1);
}

void board_start_clock(void)
{
    SYST_CSR = 0;
    SYST_RVR = TURN - 1;
    SYST_CVR = 0;
    turns = 0;
    SYST_CSR = 7; /* on, with an interrupt, by the processor's clock */
}

unsigned long long board_clock(void)
{
    uint32_t before, left;
    do { /* again if it came round in between */
        before = turns;
        left = SYST_CVR;
    } while (before != turns || (ICSR & (1u << 26)) != 0);
    const unsigned long long ticks = (unsigned long long)before * TURN + (TURN - 1 - left);
    return ticks * 1000000000u / BOARD_HZ;
}

unsigned board_stack_used(void)
{
    const uint32_t *lowest = board_stack;
    while (lowest < board_stack_top && *lowest == PAINT)
        lowest++;
    return (unsigned)(board_stack_top - lowest) * 4;
}

typedef void (*handler)(void);
__attribute__((section(".vectors"), used)) const handler board_vectors[16] = {
    (handler)board_stack_top, board_reset, fault, fault, fault, fault, fault, fault,
    fault, fault, fault, fault, fault, fault, fault, tick,
};

__attribute__((noinline)) static void begin(void)
{
    for (uint32_t *to = board_data, *from = board_data_from; to < board_data_end;)
        *to++ = *from++;
    for (uint32_t *to = board_bss; to < board_bss_end;)
        *to++ = 0;
    board_exit(main());
}

__attribute__((noreturn, used)) void board_reset(void)
{
    uint32_t *here;
    VTOR = (uint32_t)board_vectors;
    CPACR |= 0xfu << 20; /* floating point, and vectors where there are some */
    __asm__ volatile("dsb\n\tisb\n\tmov %0, sp" : "=r"(here) : : "memory");
    for (volatile uint32_t *to = board_stack; to < here - 16;)
        *to++ = PAINT;
    begin();
    for (;;) {
    }
}
