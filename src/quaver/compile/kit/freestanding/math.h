/* What the program asks of <math.h>, for compilers that come without a C library. */
#ifndef QUAVER_MATH_H
#define QUAVER_MATH_H

#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define sqrtf __builtin_sqrtf

#endif
