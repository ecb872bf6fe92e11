/* The largest element of a plane. */
PART float highest(const float *plane, int height, int width, int row)
{
    float parts[LANES], largest = plane[0];
    vector most = splat(plane[0]);
    for (int y = 0; y < height; y++, plane += row) {
        int x = 0;
        for (; x + LANES <= width; x += LANES)
            most = greatest(most, load(plane + x));
        for (; x < width; x++)
            largest = greater(largest, plane[x]);
    }
    store(parts, most);
    for (int i = 0; i < LANES; i++)
        largest = greater(largest, parts[i]);
    return largest;
}
