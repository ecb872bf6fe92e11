/* Single outputs: the lanes are output channels, and the taps lie `stride` weights apart. Sums are
   made of the sums of pieces, several at once: that is faster than one long sum, and nearer to it. */
#define PIECE 64

/* Where the taps from `first` on read; all are so many rows and columns of each plane. */
PART int places(int *at, const int *planes, int rows, int columns, int down, int across, int first,
                int all)
{
    const int length = all - first < PIECE ? all - first : PIECE, window = rows * columns;
    int i = first / window, y = first % window / columns, x = first % columns;
    for (int j = 0; j < length; j++) {
        at[j] = planes[i] + y * down + x * across;
        x++;
        y += x == columns;
        x = x == columns ? 0 : x;
        i += y == rows;
        y = y == rows ? 0 : y;
    }
    return length;
}

/* Vectors of outputs whose sums are made at once: a whole block, where the registers hold it. */
#if LANES == 16
#define MANY 4
#define EACH_OF_MANY(F) F(0) F(1) F(2) F(3)
#else
#define MANY 8
#define EACH_OF_MANY(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7)
#endif
#define TOTAL_OF(v) total a##v = {0};
#define SUM_OF(v) vector s##v = splat(0);
#define ADD_PRODUCT(v) s##v += x * load(w + v * LANES);
#define ADD_SUM(v) add_to(&a##v, s##v);
#define PUT_TOTAL(v)                                                                           \
    add_to(&a##v, load(bias + o + v * LANES));                                                 \
    store(y + o + v * LANES, nearest(&a##v));

/* A block of outputs: the weights of a tap lie side by side, and those of the taps behind each other.
   Weights are used once, so those further on are asked for. */
#define AHEAD 1024
ALONE void lanes_of(const float *ws, const int *planes, int rows, int columns, int down, int across,
                    int all, const float *weights, const float *bias, int stride, float *y,
                    int outputs)
{
    int o = 0, at[PIECE];
    for (; o + (MANY - 1) * LANES < outputs; o += MANY * LANES) {
        const float *w = weights + o;
        EACH_OF_MANY(TOTAL_OF)
        for (int first = 0; first < all; first += PIECE) {
            const int length = places(at, planes, rows, columns, down, across, first, all);
            EACH_OF_MANY(SUM_OF)
            for (int j = 0; j < length; j++, w += stride) {
                const vector x = splat(ws[at[j]]);
                for (int i = 0; i < MANY * LANES; i += 16)
                    __builtin_prefetch((const void *)((uintptr_t)(w + i) + AHEAD * sizeof *w));
                EACH_OF_MANY(ADD_PRODUCT)
            }
            EACH_OF_MANY(ADD_SUM)
        }
        EACH_OF_MANY(PUT_TOTAL)
    }
    for (; o < outputs; o += LANES) {
        const float *w = weights + o;
        total a = {0};
        for (int first = 0; first < all; first += PIECE) {
            const int length = places(at, planes, rows, columns, down, across, first, all);
            vector s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
            const int fours = length / 4 * 4;
            for (int j = 0; j < fours; j += 4, w += 4 * stride) {
                s0 += splat(ws[at[j]]) * load(w);
                s1 += splat(ws[at[j + 1]]) * load(w + stride);
                s2 += splat(ws[at[j + 2]]) * load(w + 2 * stride);
                s3 += splat(ws[at[j + 3]]) * load(w + 3 * stride);
            }
            for (int j = fours; j < length; j++, w += stride)
                s0 += splat(ws[at[j]]) * load(w);
            add_to(&a, (s0 + s1) + (s2 + s3));
        }
        add_to(&a, load(bias + o));
        store(y + o, nearest(&a));
    }
}

/* All outputs, a block of `BLOCK` after the other; `width` counts them up to whole narrow vectors. */
#define BLOCK 64
PART void lanes(const float *ws, const int *planes, int inputs, int rows, int columns, int down,
                int across, const float *weights, const float *bias, int width, float *y,
                int outputs)
{
    const int all = inputs * rows * columns;
    for (int o = 0; o < outputs; o += BLOCK) {
        const int stride = width - o < BLOCK ? width - o : BLOCK;
        const int count = outputs - o < BLOCK ? outputs - o : BLOCK;
        lanes_of(ws, planes, rows, columns, down, across, all, weights + (ptrdiff_t)o * all, bias + o,
                 stride, y + o, count);
    }
}
