/* The mean of the elements of the plane that a window has which begins at `top` and `left`. */
PART float average_inside(const float *plane, int height, int width, int row, int rows,
                          int columns, int top, int left)
{
    const int first = top > 0 ? top : 0, start = left > 0 ? left : 0;
    const int bottom = top + rows < height ? top + rows : height;
    const int right = left + columns < width ? left + columns : width;
    double sum = 0;
    for (int y = first; y < bottom; y++)
        for (int x = start; x < right; x++)
            sum += (double)plane[y * row + x];
    return (float)(sum / ((double)(bottom - first) * (right - start)));
}
