/* A sweep goes over the rows of a plane as over one long row, a block of output channels and
   vectors at a time, `from` an element on up to `size`: `at` says how far from an output each tap reads. What it computes for the
   room behind a row, `kept` turns to zero. A tap has
   `SIZE` weights. */
#define SWEEP_ARGUMENTS                                                                        \
    const float *in, float *ws, const offset *at, int taps, const float *weights,                 \
        const float *bias, const int *ends, const int *kept, int row, int from, int size

#define START(o, v) vector a##o##_##v = splat(bias[o]);
#define FETCH(v) const vector x##v = load(x + v * LANES);
#define MULTIPLY(o, v) a##o##_##v += splat(w[o]) * x##v;

#define SWEEP(GRID, COLUMNS, SIZE, WIDTH, FINISH)                                             \
    if (p < size) {                                                                            \
        const int skip = WIDTH * LANES % row;                                                  \
        const int last = size - (WIDTH - 1) * LANES;                                           \
        for (; p < last; p += WIDTH * LANES) {                                                 \
            const float *w = weights;                                                          \
            GRID(START)                                                                        \
            const float *here = in + p;                                                        \
            UNROLLED                                                                           \
            for (int t = 0; t < taps; t++, w += SIZE) {                                       \
                const float *x = here + at[t];                                                 \
                COLUMNS(FETCH)                                                                 \
                GRID(MULTIPLY)                                                                 \
            }                                                                                  \
            GRID(FINISH)                                                                       \
            q += skip;                                                                         \
            q -= q < row ? 0 : row;                                                            \
        }                                                                                      \
    }

/* The same for many taps: the sums of pieces are in registers, and the totals beside them, in single
   precision or, of very many taps, in double. */
#define TAPS 256
#define BEGIN_SINGLE(o, v) vector t##o##_##v = splat(bias[o]);
#define ADD_SINGLE(o, v) t##o##_##v += a##o##_##v;
#define END_SINGLE(o, v) const vector a##o##_##v = t##o##_##v;
#define BEGIN_DOUBLE(o, v) total t##o##_##v = {0}; add_to(&t##o##_##v, splat(bias[o]));
#define ADD_DOUBLE(o, v) add_to(&t##o##_##v, a##o##_##v);
#define END_DOUBLE(o, v) const vector a##o##_##v = nearest(&t##o##_##v);
#define CLEAR(o, v) vector a##o##_##v = splat(0);

#define LONG_SWEEP(TOTAL, GRID, COLUMNS, SIZE, WIDTH, FINISH)                                 \
    if (p < size) {                                                                            \
        const int skip = WIDTH * LANES % row;                                                  \
        const int last = size - (WIDTH - 1) * LANES;                                           \
        for (; p < last; p += WIDTH * LANES) {                                                 \
            const float *w = weights;                                                          \
            const float *here = in + p;                                                        \
            GRID(BEGIN_##TOTAL)                                                                \
            for (int t = 0; t < taps;) {                                                       \
                const int end = taps - t < TAPS ? taps : t + TAPS;                             \
                GRID(CLEAR)                                                                    \
                UNROLLED                                                                       \
                for (; t < end; t++, w += SIZE) {                                             \
                    const float *x = here + at[t];                                             \
                    COLUMNS(FETCH)                                                             \
                    GRID(MULTIPLY)                                                             \
                }                                                                              \
                GRID(ADD_##TOTAL)                                                              \
            }                                                                                  \
            GRID(END_##TOTAL)                                                                  \
            GRID(FINISH)                                                                       \
            q += skip;                                                                         \
            q -= q < row ? 0 : row;                                                            \
        }                                                                                      \
    }

#define FINISH_(o, v) store(ws + ends[o] + p + v * LANES, a##o##_##v);
static const float none[12] __attribute__((unused)) = {0};

