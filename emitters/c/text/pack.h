/* One phase of a plane: every so-manieth row and column, with `value` around. */
PART void pack(const float *from, int from_row, int down, int across, float *to, int height,
               int width, int row, int length, float value)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            to[y * row + x] = from[y * down * from_row + x * across];
        fill(to + y * row + width, row - width, value);
    }
    fill(to + height * row, length - height * row, value);
}

/* Two phases at once, `length` apart: the even columns and the odd ones. What a vector writes behind
   its row is overwritten by the next row, and at last by the fill. */
PART void pack_pair(const float *from, int from_row, int down, float *to, int height, int evens,
                    int odds, int row, int length, float value)
{
    for (int y = 0; y < height; y++) {
        const float *in = from + y * down * from_row;
        float *out = to + y * row;
        for (int x = 0; x < evens; x += LANES) {
            const vector a = load(in + 2 * x), b = load(in + 2 * x + LANES);
            store(out + x, EVEN(a, b));
            store(out + length + x, ODD(a, b));
        }
        fill(out + evens, row - evens, value);
        fill(out + length + odds, row - odds, value);
    }
    fill(to + height * row, length - height * row, value);
    fill(to + length + height * row, length - height * row, value);
}
