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

ALONE void lanes(const float *ws, const int *planes, int inputs, int rows, int columns, int down,
                 int across, const float *weights, const float *bias, int stride, float *y,
                 int outputs)
{
    const int all = inputs * rows * columns;
    int o = 0, at[PIECE];
    for (; o + 3 * LANES < outputs; o += 4 * LANES) {
        const float *w = weights + o;
        total a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0};
        for (int first = 0; first < all; first += PIECE) {
            const int length = places(at, planes, rows, columns, down, across, first, all);
            vector s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
            for (int j = 0; j < length; j++, w += stride) {
                const vector x = splat(ws[at[j]]);
                s0 += x * load(w);
                s1 += x * load(w + LANES);
                s2 += x * load(w + 2 * LANES);
                s3 += x * load(w + 3 * LANES);
            }
            add_to(&a0, s0);
            add_to(&a1, s1);
            add_to(&a2, s2);
            add_to(&a3, s3);
        }
        add_to(&a0, load(bias + o));
        add_to(&a1, load(bias + o + LANES));
        add_to(&a2, load(bias + o + 2 * LANES));
        add_to(&a3, load(bias + o + 3 * LANES));
        store(y + o, nearest(&a0));
        store(y + o + LANES, nearest(&a1));
        store(y + o + 2 * LANES, nearest(&a2));
        store(y + o + 3 * LANES, nearest(&a3));
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
