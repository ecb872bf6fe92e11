/* Winograd's F(4,3) down the columns (arXiv:1509.09308): six rows of input make six components,
   six products make four rows of output, so no vector needs its neighbours. Rows above and below
   the plane are `nothing`: zeros. */
ALONE void tiles_in3(const float *plane, float *to, int apart, int first, int tiles, int pad,
                     int height, int row, const float *nothing)
{
    for (int i = 0; i < tiles; i++) {
        const float *d[6];
        for (int r = 0; r < 6; r++) {
            const int y = 4 * (first + i) - pad + r;
            d[r] = y >= 0 && y < height ? plane + y * row : nothing;
        }
        for (int x = 0; x < row; x += LANES) {
            const vector d0 = load(d[0] + x), d1 = load(d[1] + x), d2 = load(d[2] + x);
            const vector d3 = load(d[3] + x), d4 = load(d[4] + x), d5 = load(d[5] + x);
            const vector even = d4 - splat(4) * d2, odd = d3 - splat(4) * d1;
            const vector near = d4 - d2, far = splat(2) * (d3 - d1);
            float *t = to + i * row + x;
            store(t, splat(4) * d0 - splat(5) * d2 + d4);
            store(t + apart, even + odd);
            store(t + 2 * apart, even - odd);
            store(t + 3 * apart, near + far);
            store(t + 4 * apart, near - far);
            store(t + 5 * apart, splat(4) * d1 - splat(5) * d3 + d5);
        }
    }
}

/* The rows of tiles of products that lie in `[component][place][channel]`, `apart` from component to
   component: sums of places, in the same order. */
PART void tiles_out3(const float *products, int apart, float *sums, int tiles, int columns, int row,
                     int width)
{
    for (int i = 0; i < tiles; i++)
        for (int at = 0; at < columns * width; at += LANES) {
            const float *from = products + i * row * width + at;
            float *to = sums + 4 * i * row * width + at;
            const vector m1 = load(from + apart), m2 = load(from + 2 * apart);
            const vector m3 = load(from + 3 * apart), m4 = load(from + 4 * apart);
            const vector near = m1 + m2, off = m1 - m2, far = m3 + m4, turn = m3 - m4;
            store(to, load(from) + near + far);
            store(to + row * width, off + splat(2) * turn);
            store(to + 2 * row * width, near + splat(4) * far);
            store(to + 3 * row * width, off + splat(8) * turn + load(from + 5 * apart));
        }
}

/* Asks for `count` floats at each place of a channel, which are written soon. It pays where vectors
   are so wide that the products are made faster than memory answers. */
PART void ask_for(const float *ws, const int *ends, int every, int count)
{
#if defined(__AVX512F__)
    for (int i = 0; i < every; i++)
        for (int p = 0; p < count; p += 16)
            __builtin_prefetch(ws + ends[i] + p, 1);
#else
    (void)ws, (void)ends, (void)every, (void)count;
#endif
}
