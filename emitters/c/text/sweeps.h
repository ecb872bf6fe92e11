/* A sweep goes over the rows of a plane as over one long row, a block of output channels and
   vectors at a time: `at` says how far from an output each tap reads. What it computes for the
   room behind a row, `kept` turns to zero. */
#define SWEEP_ARGUMENTS                                                                        \
    const float *in, float *ws, const int *at, int taps, const float *weights,                 \
        const float *bias, const int *ends, const int *kept, int row, int size

#define START(o, v) vector a##o##_##v = splat(bias[o]);
#define FETCH(v) const vector x##v = load(x + v * LANES);
#define MULTIPLY(o, v) a##o##_##v += splat(w[o]) * x##v;

#define SWEEP(GRID, COLUMNS, ROWS, WIDTH, FINISH)                                              \
    if (p < size) {                                                                            \
        const int skip = WIDTH * LANES % row;                                                  \
        for (; p + (WIDTH - 1) * LANES < size; p += WIDTH * LANES) {                           \
            const float *w = weights;                                                          \
            GRID(START)                                                                        \
            for (int t = 0; t < taps; t++, w += ROWS) {                                        \
                const float *x = in + p + at[t];                                               \
                COLUMNS(FETCH)                                                                 \
                GRID(MULTIPLY)                                                                 \
            }                                                                                  \
            GRID(FINISH)                                                                       \
            q += skip;                                                                         \
            q -= q < row ? 0 : row;                                                            \
        }                                                                                      \
    }

#define FINISH_(o, v) store(ws + ends[o] + p + v * LANES, a##o##_##v);
static const float none[12] __attribute__((unused)) = {0};

