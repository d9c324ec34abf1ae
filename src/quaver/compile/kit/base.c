/* ---- Vectors: as wide as the target has them, or plain C ------------------------------------------------------- */

#if defined(__GNUC__) && !defined(QUAVER_PLAIN)
#if defined(__AVX512F__)
#define LANES 16    /* floats in a vector */
#define VECTORS 1   /* vectors of output channels in a tile */
#define TILE 12     /* places in a tile; LANES, VECTORS, BLOCKS and TILE together fill the registers */
#define BLOCKS 2    /* blocks of output channels in a tile, so that a value that is read is used twice */
#elif defined(__AVX__)
#define LANES 8
#define VECTORS 2
#define TILE 6
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define LANES 4
#define VECTORS 4
#define TILE 6
#elif defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE > 1
#define LANES 4     /* Helium has eight registers */
#define VECTORS 2
#define TILE 3
#elif defined(__SSE2__) || defined(__wasm_simd128__) || defined(__ARM_NEON)
#define LANES 4
#define VECTORS 4
#define TILE 3
#endif
#endif
#ifndef LANES
#define LANES 1
#define VECTORS 4
#define TILE 4
#endif

#ifndef BLOCKS
#define BLOCKS 1
#endif

/* A value of a tile's row, `at` being that of the first row. Compilers keep the steps of a few rows in registers; those of
 * twelve would not fit, and adding them up anew hides behind the products. */
#define OF_ROW(from, row, step, place, at) (BLOCKS > 1 ? (from)[(row) * (step) + (place)] : (at)[(row) * (long)(step)])

#if LANES > 1
typedef float vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
#else
typedef float vec;
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 16")
#else
#define UNROLL
#endif

#if LANES > 4
#define PREFETCH(from) __builtin_prefetch(from, 0, 2) /* into the second cache, while there is time */
#else
#define PREFETCH(from) (void)0
#endif

#define BLOCK 16 /* output channels whose weights lie together */
