/* ---- Bytes for values ------------------------------------------------------------------------------------------- */

typedef union {
    float value;
    int bits;
} byte_bits;

/* The byte nearest to value + zero, halves to even: adding 1.5 * 2^23 leaves no room for a fraction. */
static inline unsigned char byte_of(float value, int zero)
{
    const float low = (float)-zero, high = (float)(255 - zero);
    const float kept = value > low ? (value < high ? value : high) : low;
    const byte_bits rounded = {.value = kept + 12582912.0f};
    return (unsigned char)(rounded.bits - 0x4b400000 + zero);
}
