/* Stores that go past the cache, for what is read again only after much else; and the other way. */
#if defined(__clang__) && LANES > 1
#define STREAM(to, y) __builtin_nontemporal_store(y, to)
#elif defined(__AVX512F__) && LANES == 16
#define STREAM(to, y) _mm512_stream_ps((float *)(to), (__m512)(y))
#elif defined(__AVX__) && LANES == 8
#define STREAM(to, y) _mm256_stream_ps((float *)(to), (__m256)(y))
#elif defined(__SSE2__) && LANES == 4
#define STREAM(to, y) _mm_stream_ps((float *)(to), (__m128)(y))
#else
#define STREAM(to, y) (*(to) = (y))
#endif
#define SOON(from) __builtin_prefetch(from, 0, 2)
/* A vector of memory that goes into a register, and not into each product that needs it. */
#if (defined(__AVX512F__) && LANES == 16) || (defined(__AVX__) && LANES == 8)
#define HOLD(y) __asm__("" : "+v"(y));
#else
#define HOLD(y)
#endif
