/* ---- The zero point around a tensor of bytes ------------------------------------------------------------------- */

static void fill_u8(unsigned char *y, int count, int value)
{
    for (int i = 0; i < count; i++)
        y[i] = (unsigned char)value;
}
