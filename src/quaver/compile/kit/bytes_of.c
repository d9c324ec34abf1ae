/* ---- Bytes for the values of 16 channels at once, where vectors are that wide ------------------------------------ */

#if defined(__AVX512BW__) && !defined(QUAVER_PLAIN)
#include <immintrin.h>
#define BYTES_OF 1

INLINE __m128i bytes_of(__m512 value, int zero)
{
    const __m512 low = _mm512_set1_ps((float)-zero), high = _mm512_set1_ps((float)(255 - zero));
    const __m512i near = _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(value, low), high)); /* halves to even */
    return _mm512_cvtepi32_epi8(_mm512_add_epi32(near, _mm512_set1_epi32(zero)));
}

/* Bring the values of one place to the output, and keep the largest where places are pooled. */
INLINE void bytes_keep(const conv_shape *s, int place, __m512 value, unsigned char *y)
{
    __m128i *to = (__m128i *)(void *)(y + (s->pool == 1 ? place : place / s->pool) * s->y_step);
    const __m128i bytes = bytes_of(s->relu ? _mm512_max_ps(value, _mm512_setzero_ps()) : value, s->zero);
    const int first = s->pool == 1 || place % s->pool == 0;
    _mm_storeu_si128(to, first ? bytes : _mm_max_epu8(bytes, _mm_loadu_si128(to)));
}
#endif
