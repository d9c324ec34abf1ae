/* ---- Bytes for values ------------------------------------------------------------------------------------------- */

/* The byte nearest to value + zero, halves to even: adding 1.5 * 2^23 leaves no room for a fraction. */
INLINE unsigned char byte_of(float value, int zero)
{
    const float low = (float)-zero, high = (float)(255 - zero);
    const float kept = value > low ? (value < high ? value : high) : low;
    return (unsigned char)(float_bits(kept + 12582912.0f) - 0x4b400000 + zero);
}
