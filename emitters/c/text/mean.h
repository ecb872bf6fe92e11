/* The mean of a plane; the room behind its rows is zero. */
PART float mean(const float *plane, int length, int count)
{
    return (float)(sum_of(plane, length, 0) / count);
}
