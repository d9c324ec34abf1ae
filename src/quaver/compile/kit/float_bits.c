/* ---- Functions of one value, the same on every target, without a library ---------------------------------------- */

/* The bits of a float, and the float of bits. */
typedef union {
    float value;
    int bits;
} float_bits;
