/* The functions of a C library that compilers call by themselves, for a shared library without one. */

#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    while (count--)
        *out++ = *in++;
    return to;
}

void *memset(void *to, int value, size_t count)
{
    unsigned char *out = to;
    while (count--)
        *out++ = (unsigned char)value;
    return to;
}

void *memmove(void *to, const void *from, size_t count);

void *memmove(void *to, const void *from, size_t count)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    if (out < in)
        return memcpy(to, from, count); /* forwards, a byte at a time */
    while (count--)
        out[count] = in[count];
    return to;
}
