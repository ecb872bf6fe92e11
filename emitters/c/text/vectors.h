/* Vectors as wide as the compiler's flags allow. LANES=1 asks for plain C, and LANES=16 for vectors
   that the compiler may have to make of shorter ones. */
#if defined(LANES)
#elif defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#elif defined(__SSE2__) || defined(__ARM_NEON)
#define LANES 4
#else
#define LANES 1
#endif
#if defined(__AVX512F__) || defined(__aarch64__) || LANES == 16
#define REGISTERS 32
#else
#define REGISTERS 16
#endif

#if defined(__SSE2__) && LANES > 1
#include <immintrin.h>
#endif

typedef int offset __attribute__((may_alias)); /* from one element to another, beside the elements */

#define PART static inline __attribute__((unused))
#ifdef __OPTIMIZE__
#define EACH static inline __attribute__((unused, always_inline)) /* done to the lanes of a sweep */
#else
#define EACH PART
#endif
#define ALONE static __attribute__((noinline)) /* inside another it would not have all registers */

PART float greater(float a, float b) { return a > b || isnan(a) ? a : b; }

#if LANES > 1
typedef float vector __attribute__((vector_size(4 * LANES)));
typedef int mask __attribute__((vector_size(4 * LANES)));
typedef unsigned bits __attribute__((vector_size(4 * LANES)));
typedef vector anywhere __attribute__((aligned(4)));
typedef mask mask_anywhere __attribute__((aligned(4)));

PART vector load(const float *from) { return *(const anywhere *)from; }
PART void store(float *to, vector y) { *(anywhere *)to = y; }
PART vector splat(float y) { return y - (vector){0}; }
PART float single(vector y) { return y[0]; }
PART bits bits_of(vector y) { return (bits)y; }
PART vector of_bits(bits y) { return (vector)y; }
PART vector either(mask is, vector a, vector b)
{
    return (vector)(((mask)a & is) | ((mask)b & ~is));
}
PART vector keep(vector y, const int *where)
{
    return (vector)((mask)y & *(const mask_anywhere *)where);
}
PART vector relu(vector y) { return (vector)((mask)y & ~(y <= 0)); }
/* The larger one; what is no number stays none. */
PART vector greatest(vector a, vector b)
{
    return either((a > b) | (a != a), a, b);
}
PART vector magnitude(vector y) { return (vector)((mask)y & 0x7fffffff); }
#if LANES == 16
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif LANES == 8
#define EVENS 0, 2, 8, 10, 4, 6, 12, 14 /* of halves: no lane is picked from the other half */
#define ODDS 1, 3, 9, 11, 5, 7, 13, 15
#define LOW_HALVES(a, b) PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH_HALVES(a, b) PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#else
#define EVENS 0, 2, 4, 6
#define ODDS 1, 3, 5, 7
#endif
#if defined(__clang__) || __GNUC__ >= 12
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK(a, b, ...) __builtin_shuffle(a, b, (mask){__VA_ARGS__})
#endif
#if LANES == 8
#define EVEN(a, b) PICK(LOW_HALVES(a, b), HIGH_HALVES(a, b), EVENS)
#define ODD(a, b) PICK(LOW_HALVES(a, b), HIGH_HALVES(a, b), ODDS)
#else
#define EVEN(a, b) PICK(a, b, EVENS)
#define ODD(a, b) PICK(a, b, ODDS)
#endif
#else
typedef float vector;
typedef int mask;
typedef uint32_t bits;

#define EVEN(a, b) (a)
#define ODD(a, b) (b)

PART vector load(const float *from) { return *from; }
PART void store(float *to, vector y) { *to = y; }
PART vector splat(float y) { return y; }
PART float single(vector y) { return y; }
PART bits bits_of(vector y)
{
    bits same;
    memcpy(&same, &y, sizeof same);
    return same;
}
PART vector of_bits(bits y)
{
    vector same;
    memcpy(&same, &y, sizeof same);
    return same;
}
PART vector either(mask is, vector a, vector b) { return is ? a : b; }
PART vector keep(vector y, const int *where) { return *where ? y : 0; }
PART vector relu(vector y) { return y <= 0 ? 0 : y; }
PART vector greatest(vector a, vector b) { return greater(a, b); }
PART vector magnitude(vector y) { return fabsf(y); }
#endif
/* What is no number stays none: x86's instructions give their second operand then, and compilers do not
   find them in a choice of lanes. */
#if LANES == 16 && defined(__AVX512F__)
PART vector least(vector y, float high) { return (vector)_mm512_min_ps((__m512)splat(high), (__m512)y); }
PART vector lifted(vector y, float low) { return (vector)_mm512_max_ps((__m512)splat(low), (__m512)y); }
#elif LANES == 8 && defined(__AVX__)
PART vector least(vector y, float high) { return (vector)_mm256_min_ps((__m256)splat(high), (__m256)y); }
PART vector lifted(vector y, float low) { return (vector)_mm256_max_ps((__m256)splat(low), (__m256)y); }
#elif LANES == 4 && defined(__SSE2__)
PART vector least(vector y, float high) { return (vector)_mm_min_ps((__m128)splat(high), (__m128)y); }
PART vector lifted(vector y, float low) { return (vector)_mm_max_ps((__m128)splat(low), (__m128)y); }
#else
PART vector least(vector y, float high) { return either(y > high, splat(high), y); }
PART vector lifted(vector y, float low) { return either(y < low, splat(low), y); }
#endif
PART vector clip(vector y, float low, float high) { return lifted(least(y, high), low); }
PART vector relu6(vector y) { return relu(either(y > 6, splat(6), y)); }
