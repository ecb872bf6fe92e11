/* One phase of a plane: every so-manieth row and column, with `fill` around. */
PART void pack(const float *from, int from_row, int down, int across, float *to,
                        int height, int width, int row, int length, float fill)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            to[y * row + x] = from[y * down * from_row + x * across];
        for (int x = width; x < row; x++)
            to[y * row + x] = fill;
    }
    for (int i = height * row; i < length; i++)
        to[i] = fill;
}

PART void fill(float *to, int count, float value)
{
    for (int i = 0; i < count; i++)
        to[i] = value;
}
