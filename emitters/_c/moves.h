/* Where each tap of each plane reads. */
PART void gather(int *at, const int *planes, int inputs, const int *taps, int count)
{
    for (int i = 0; i < inputs; i++)
        for (int t = 0; t < count; t++)
            at[i * count + t] = planes[i] + taps[t];
}

/* Zeros around and behind the planes: the padding that the next window reads. */
PART void clear(float *ws, const int *ends, int every, int planes, int from, int to,
                         int lead)
{
    for (int i = -lead; i < 0; i++)
        ws[ends[0] + i] = 0;
    for (int c = 0; c < planes; c++)
        for (int i = from; i < to; i++)
            ws[ends[c * every] + i] = 0;
}

/* The caller's image, row by row, with room behind each. */
PART void copy_in(const float *from, float *to, int height, int width, int row)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < row; x++)
            to[y * row + x] = x < width ? from[y * width + x] : 0;
}

PART void copy_out(const float *from, float *to, int height, int width, int row)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            to[y * width + x] = from[y * row + x];
}
