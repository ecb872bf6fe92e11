/* The mean of the rows and columns of a plane from `top` and `left` on. */
PART float mean_of(const float *plane, int row, int top, int bottom, int left, int right)
{
    double sum = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            sum += (double)plane[y * row + x];
    return (float)(sum / ((double)(bottom - top) * (right - left)));
}
