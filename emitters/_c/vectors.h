/* Vectors as wide as the compiler's flags allow; NARROW=1 asks for plain C. */
#if defined(NARROW)
#define LANES 1
#elif defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#elif defined(__SSE2__) || defined(__ARM_NEON)
#define LANES 4
#else
#define LANES 1
#endif
#if defined(__AVX512F__) || defined(__aarch64__)
#define REGISTERS 32
#else
#define REGISTERS 16
#endif

#define PART static inline __attribute__((unused))

#if LANES > 1
typedef float vector __attribute__((vector_size(4 * LANES)));
typedef int mask __attribute__((vector_size(4 * LANES)));
typedef vector anywhere __attribute__((aligned(4)));
typedef mask mask_anywhere __attribute__((aligned(4)));

PART vector load(const float *from) { return *(const anywhere *)from; }
PART void store(float *to, vector y) { *(anywhere *)to = y; }
PART vector splat(float y) { return y - (vector){0}; }
PART vector keep(vector y, const int *where)
{
    return (vector)((mask)y & *(const mask_anywhere *)where);
}
PART vector relu(vector y) { return (vector)((mask)y & ~(y <= 0)); }
PART vector larger(vector a, vector b)
{
    const mask is = a > b;
    return (vector)(((mask)a & is) | ((mask)b & ~is));
}
PART vector relu6(vector y)
{
    const mask is = y > 6;
    return relu((vector)(((mask)splat(6) & is) | ((mask)y & ~is)));
}
#else
typedef float vector;

PART vector load(const float *from) { return *from; }
PART void store(float *to, vector y) { *to = y; }
PART vector splat(float y) { return y; }
PART vector keep(vector y, const int *where) { return *where ? y : 0; }
PART vector relu(vector y) { return y <= 0 ? 0 : y; }
PART vector larger(vector a, vector b) { return a > b ? a : b; }
PART vector relu6(vector y) { return relu(y > 6 ? 6 : y); }
#endif
