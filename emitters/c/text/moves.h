PART void fill(float *to, int count, float value)
{
    for (int i = 0; i < count; i++)
        to[i] = value;
}

/* Where each tap of each plane reads. */
PART void gather(offset *at, const int *planes, int inputs, const int *down, int rows,
                 const int *across, int columns)
{
    for (int i = 0; i < inputs; i++)
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns; x++)
                *at++ = planes[i] + down[y] + across[x];
}

/* Zeros around and behind the planes: the padding that the next window reads. */
PART void clear(float *ws, const int *ends, int every, int planes, int from, int to,
                         int lead)
{
    fill(ws + ends[0] - lead, lead, 0);
    for (int c = 0; c < planes; c++)
        fill(ws + ends[c * every] + from, to - from, 0);
}

/* The caller's image, row by row, with room behind each. */
PART void copy_in(const float *from, float *to, int height, int width, int row)
{
    for (int y = 0; y < height; y++) {
        memcpy(to + y * row, from + y * width, (size_t)width * sizeof(float));
        fill(to + y * row + width, row - width, 0);
    }
}

PART void copy_out(const float *from, float *to, int height, int width, int row)
{
    for (int y = 0; y < height; y++)
        memcpy(to + y * width, from + y * row, (size_t)width * sizeof(float));
}
