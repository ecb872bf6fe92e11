/* Single outputs: the lanes are output channels, and the taps lie `stride` weights apart. Sums are
   made of the sums of pieces, several at once: that is faster than one long sum, and nearer to it. */
#define PIECE 64

PART int places(int *at, const int *planes, const int *taps, int count, int first, int all)
{
    const int length = all - first < PIECE ? all - first : PIECE;
    for (int j = 0; j < length; j++)
        at[j] = planes[(first + j) / count] + taps[(first + j) % count];
    return length;
}

ALONE void lanes(const float *ws, const int *planes, int inputs, const int *taps, int count,
                 const float *weights, const float *bias, int stride, float *y, int outputs)
{
    const int all = inputs * count;
    int o = 0, at[PIECE];
    for (; o + 3 * LANES < outputs; o += 4 * LANES) {
        const float *w = weights + o;
        vector a0 = load(bias + o), a1 = load(bias + o + LANES);
        vector a2 = load(bias + o + 2 * LANES), a3 = load(bias + o + 3 * LANES);
        for (int first = 0; first < all; first += PIECE) {
            const int length = places(at, planes, taps, count, first, all);
            vector s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
            for (int j = 0; j < length; j++, w += stride) {
                const vector x = splat(ws[at[j]]);
                s0 += x * load(w);
                s1 += x * load(w + LANES);
                s2 += x * load(w + 2 * LANES);
                s3 += x * load(w + 3 * LANES);
            }
            a0 += s0, a1 += s1, a2 += s2, a3 += s3;
        }
        store(y + o, a0);
        store(y + o + LANES, a1);
        store(y + o + 2 * LANES, a2);
        store(y + o + 3 * LANES, a3);
    }
    for (; o < outputs; o += LANES) {
        const float *w = weights + o;
        vector a = load(bias + o);
        for (int first = 0; first < all; first += PIECE) {
            const int length = places(at, planes, taps, count, first, all);
            vector s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
            int j = 0;
            for (; j + 3 < length; j += 4, w += 4 * stride) {
                s0 += splat(ws[at[j]]) * load(w);
                s1 += splat(ws[at[j + 1]]) * load(w + stride);
                s2 += splat(ws[at[j + 2]]) * load(w + 2 * stride);
                s3 += splat(ws[at[j + 3]]) * load(w + 3 * stride);
            }
            for (; j < length; j++, w += stride)
                s0 += splat(ws[at[j]]) * load(w);
            a += (s0 + s1) + (s2 + s3);
        }
        store(y + o, a);
    }
}
