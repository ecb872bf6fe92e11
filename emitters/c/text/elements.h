/* Layers that look at all channels of one place, `at`. */
PART void softmax(const float *ws, const int *planes, int channels, int at, float *y)
{
    float largest = ws[planes[0] + at];
    double sum = 0;
    for (int c = 1; c < channels; c++)
        largest = fmaxf(largest, ws[planes[c] + at]);
    for (int c = 0; c < channels; c++)
        sum += (double)(y[c] = expf(ws[planes[c] + at] - largest));
    for (int c = 0; c < channels; c++)
        y[c] /= (float)sum;
}

/* The mean of a window that begins at `top` and `left` in the padded plane, and is cut off there. */
PART float average(const float *plane, int height, int width, int row, int rows, int columns,
                   int above, int before, int top, int left)
{
    const int bottom = top + rows < height + 2 * above ? top + rows : height + 2 * above;
    const int right = left + columns < width + 2 * before ? left + columns : width + 2 * before;
    double sum = 0;
    for (int y = top - above; y < bottom - above; y++)
        for (int x = left - before; x < right - before; x++)
            if (y >= 0 && y < height && x >= 0 && x < width)
                sum += (double)plane[y * row + x];
    return (float)(sum / ((double)(bottom - top) * (right - left)));
}
