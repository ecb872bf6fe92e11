/* Register tiles: sums of products for `o` channels at `v` places, or `o` times `v` weights. */
typedef void sweep(const vector *const *rows, const int *taps_y, int count, const int *taps_x,
                   int width_x, int inputs, long plane, const float *weights, int every_input,
                   int every_row, int step, vector *out, long out_plane, int out_step, int width,
                   struct soon *soon);

#define START(o, v) vector a##o##_##v = splat(0);
#define FETCH(v) const vector x##v = x[v * apart];
#define MULTIPLY(o, v) a##o##_##v += splat(w[o]) * x##v;
#define FINISH(o, v) to[o * out_plane + v * out_step] = a##o##_##v;

#define ALL_TAPS(O, V, GRID, COLUMNS)                                                             \
    for (int i = 0; i < inputs; i++)                                                              \
        for (int j = 0; j < count; j++) {                                                         \
            const vector *row = rows[j] + i * plane + at * apart;                                 \
            const float *w = weights + i * every_input + taps_y[j] * every_row;                   \
            fetch_soon(soon, O * V * width_x);                                                    \
            for (int k = 0; k < width_x; k++, w += O) {                                           \
                const vector *x = row + taps_x[k];                                                \
                COLUMNS(FETCH)                                                                    \
                GRID(MULTIPLY)                                                                    \
            }                                                                                     \
        }
#define ONE_TAP(O, V, GRID, COLUMNS)                                                              \
    const vector *x = rows[0] + at * apart + taps_x[0];                                           \
    const float *w = weights + taps_y[0] * every_row;                                             \
    fetch_soon(soon, O * V * inputs);                                                             \
    for (int i = 0; i < inputs; i++, x += plane, w += every_input) {                              \
        COLUMNS(FETCH)                                                                            \
        GRID(MULTIPLY)                                                                            \
    }

#define SWEEP_BODY(O, V, GRID, COLUMNS, TAPS)                                                     \
    for (int at = 0; at < width; at += V) {                                                       \
        at = at + V > width ? width - V : at;                                                     \
        GRID(START)                                                                               \
        TAPS(O, V, GRID, COLUMNS)                                                                 \
        vector *to = out + at * out_step;                                                         \
        GRID(FINISH)                                                                              \
    }

#define SWEEP(O, V, GRID, COLUMNS)                                                                \
    ALONE void sweep_##O##_##V(const vector *const *rows, const int *taps_y, int count,           \
                               const int *taps_x, int width_x, int inputs, long plane,            \
                               const float *weights, int every_input, int every_row, int step,    \
                               vector *out, long out_plane, int out_step, int width,              \
                               struct soon *soon)                                                 \
    {                                                                                             \
        if (step != 1) {                                                                          \
            const int apart = step;                                                               \
            SWEEP_BODY(O, V, GRID, COLUMNS, ALL_TAPS)                                             \
        } else if (count == 1 && width_x == 1) {                                                  \
            const int apart = 1;                                                                  \
            SWEEP_BODY(O, V, GRID, COLUMNS, ONE_TAP)                                              \
        } else {                                                                                  \
            const int apart = 1;                                                                  \
            SWEEP_BODY(O, V, GRID, COLUMNS, ALL_TAPS)                                             \
        }                                                                                         \
    }

enum { STRETCH = 4 }; /* places between two requests */

typedef void product(const vector *const *left, const vector *const *right, int count,
                     long left_plane, const int *offsets, int step, int width, vector *sums,
                     struct soon *soon);

#define LOAD(o, v) vector a##o##_##v = sums[o * COUNT + v];
#define ADD(o, v) a##o##_##v += y##o * x##v;
#define SAVE(o, v) sums[o * COUNT + v] = a##o##_##v;
#define LEFT(o)                                                                                   \
    vector y##o = y[o * left_plane];                                                              \
    HOLD(y##o)
#define RIGHT(v) const vector x##v = x[offset##v];
#define OFFSET(v) const long offset##v = offsets[v];

#define PRODUCT(O, V, GRID, LINES, COLUMNS)                                                       \
    ALONE void product_##O##_##V(const vector *const *left, const vector *const *right,           \
                                 int count, long left_plane, const int *offsets, int step,        \
                                 int width, vector *sums, struct soon *soon)                      \
    {                                                                                             \
        enum { COUNT = V };                                                                       \
        COLUMNS(OFFSET)                                                                           \
        GRID(LOAD)                                                                                \
        for (int j = 0; j < count; j++) {                                                         \
            const vector *y = left[j], *x = right[j];                                             \
            for (int i = 0; i < width; i++, y++, x += step) {                                     \
                if (i % STRETCH == 0)                                                             \
                    fetch_soon(soon, O * V * STRETCH);                                            \
                COLUMNS(RIGHT)                                                                    \
                LINES(LEFT, ADD)                                                                  \
            }                                                                                     \
        }                                                                                         \
        GRID(SAVE)                                                                                \
    }

/* The same for single numbers on the left, of `lanes` images at `count` places. */
typedef void spread(const float *left, long left_plane, const vector *right, int count, int lanes,
                    float *sums, long every, int adds, struct soon *soon);

#define FROM(o, v) vector a##o##_##v = adds ? load(sums + o * every + v * LANES) : splat(0);
#define TO(o, v) store(sums + o * every + v * LANES, a##o##_##v);
#define SINGLE(o) const vector y##o = splat(y[o * left_plane]);
#define ROW(v) const vector x##v = x[v * LANES * count];

#define SPREAD(O, V, GRID, ROWS, COLUMNS)                                                         \
    ALONE void spread_##O##_##V(const float *left, long left_plane, const vector *right,          \
                                int count, int lanes, float *sums, long every, int adds,          \
                                struct soon *soon)                                                \
    {                                                                                             \
        GRID(FROM)                                                                                \
        for (int j = 0; j < count; j++) {                                                         \
            const float *y = left + j * LANES;                                                    \
            const vector *x = right + j;                                                          \
            fetch_soon(soon, O * V * LANES);                                                      \
            for (int i = 0; i < lanes; i++, y++, x += count) {                                    \
                COLUMNS(ROW)                                                                      \
                ROWS(SINGLE)                                                                      \
                GRID(ADD)                                                                         \
            }                                                                                     \
        }                                                                                         \
        GRID(TO)                                                                                  \
    }

struct tile { /* output channels that a sweep takes at once */
    int first, size;
    sweep *sweep;
};
struct outer { /* channels on one side of a product */
    int first, size;
};
