INLINE float floor_f32(float x)
{
    const int whole = (int)x;
    return (float)(whole - (x < (float)whole ? 1 : 0));
}
