/* The same for windows of five rows, F(4,5): eight rows of input make eight components. */
ALONE void tiles_in5(const float *plane, float *to, int apart, int first, int tiles, int pad,
                     int height, int row, const float *nothing)
{
    for (int i = 0; i < tiles; i++) {
        const float *d[8];
        for (int r = 0; r < 8; r++) {
            const int y = 4 * (first + i) - pad + r;
            d[r] = y >= 0 && y < height ? plane + y * row : nothing;
        }
        for (int x = 0; x < row; x += LANES) {
            const vector d0 = load(d[0] + x), d1 = load(d[1] + x), d2 = load(d[2] + x);
            const vector d3 = load(d[3] + x), d4 = load(d[4] + x), d5 = load(d[5] + x);
            const vector d6 = load(d[6] + x), d7 = load(d[7] + x);
            const vector even1 = d2 + d6 - splat(4.25f) * d4;
            const vector odd1 = d1 + d5 - splat(4.25f) * d3;
            const vector even2 = splat(0.25f) * d2 - splat(1.25f) * d4 + d6;
            const vector odd2 = splat(0.5f) * d1 - splat(2.5f) * d3 + splat(2) * d5;
            const vector even3 = splat(4) * d2 - splat(5) * d4 + d6;
            const vector odd3 = splat(2) * d1 - splat(2.5f) * d3 + splat(0.5f) * d5;
            float *t = to + i * row + x;
            store(t, d0 - d6 + splat(5.25f) * (d4 - d2));
            store(t + apart, even1 + odd1);
            store(t + 2 * apart, even1 - odd1);
            store(t + 3 * apart, even2 + odd2);
            store(t + 4 * apart, even2 - odd2);
            store(t + 5 * apart, even3 + odd3);
            store(t + 6 * apart, even3 - odd3);
            store(t + 7 * apart, d7 - d1 + splat(5.25f) * (d3 - d5));
        }
    }
}

PART void tiles_out5(const float *products, int apart, float *sums, int tiles, int columns, int row,
                     int width)
{
    for (int i = 0; i < tiles; i++)
        for (int at = 0; at < columns * width; at += LANES) {
            const float *from = products + i * row * width + at;
            float *to = sums + 4 * i * row * width + at;
            const vector m1 = load(from + apart), m2 = load(from + 2 * apart);
            const vector m3 = load(from + 3 * apart), m4 = load(from + 4 * apart);
            const vector m5 = load(from + 5 * apart), m6 = load(from + 6 * apart);
            const vector near = m1 + m2, off = m1 - m2, far = m3 + m4, turn = m3 - m4;
            const vector half = m5 + m6, rest = m5 - m6;
            store(to, load(from) + near + far + half);
            store(to + row * width, off + splat(2) * turn + splat(0.5f) * rest);
            store(to + 2 * row * width, near + splat(4) * far + splat(0.25f) * half);
            store(to + 3 * row * width,
                  off + splat(8) * turn + splat(0.125f) * rest + load(from + 7 * apart));
        }
}
