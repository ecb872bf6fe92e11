/* Single outputs: the lanes are output channels, and `stride` weights apart lie the taps. */
#define ACROSS(WIDTH, COLUMNS)                                                                 \
    for (; o + (WIDTH - 1) * LANES < outputs; o += WIDTH * LANES) {                            \
        const float *w = weights + o;                                                          \
        COLUMNS(NOTHING)                                                                       \
        for (int i = 0; i < inputs; i++)                                                       \
            for (int t = 0; t < count; t++, w += stride) {                                     \
                const vector x = splat(ws[planes[i] + taps[t]]);                               \
                COLUMNS(ADD)                                                                   \
            }                                                                                  \
        COLUMNS(PUT)                                                                           \
    }
#define NOTHING(v) vector a##v = load(bias + o + v * LANES);
#define ADD(v) a##v += x * load(w + v * LANES);
#define PUT(v) store(y + o + v * LANES, a##v);

ALONE void lanes(const float *ws, const int *planes, int inputs, const int *taps, int count,
                  const float *weights, const float *bias, int stride, float *y, int outputs)
{
    int o = 0;
    ACROSS(4, COLUMNS_4)
    ACROSS(1, COLUMNS_1)
}
