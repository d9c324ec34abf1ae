/* ---- Functions of one value, the same on every target, without a library ---------------------------------------- */

INLINE int float_bits(float value)
{
    int bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

INLINE float bits_float(int bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
