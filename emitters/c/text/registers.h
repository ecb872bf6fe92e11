/* What a compiler is told of registers. It may think that it is cheaper to load a vector again than to
   hold it; and where registers are few, a core has decoded the next products before it has done these
   only if the steps from one to the other are few. */
#if LANES == 16 && defined(__AVX512F__)
#define HOLD(y) __asm__("" : "+v"(y))
#elif (LANES == 8 && defined(__AVX__)) || (LANES == 4 && defined(__SSE2__))
#define HOLD(y) __asm__("" : "+x"(y))
#elif LANES == 4 && defined(__aarch64__)
#define HOLD(y) __asm__("" : "+w"(y))
#else
#define HOLD(y) (void)0
#endif
EACH vector held(vector y)
{
    HOLD(y);
    return y;
}
#if REGISTERS == 32
#define UNROLLED
#else
#define UNROLLED _Pragma("GCC unroll 2")
#endif
