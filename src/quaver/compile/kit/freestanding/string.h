/* What the program asks of <string.h>, for compilers that come without a C library; every linker finds these. */
#ifndef QUAVER_STRING_H
#define QUAVER_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);

#endif
