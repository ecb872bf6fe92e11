/* The largest of the rows and columns of a plane from `top` and `left` on. */
PART float largest_of(const float *plane, int row, int top, int bottom, int left, int right)
{
    float largest = plane[top * row + left];
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            largest = greater(largest, plane[y * row + x]);
    return largest;
}
