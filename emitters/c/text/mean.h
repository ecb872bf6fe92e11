/* The mean of a plane; the room behind its rows is zero. */
PART float mean(const float *plane, int length, int count)
{
    const int piece = 64 * LANES;
    double sum = 0;
    for (int first = 0; first < length; first += piece) {
        const int last = length - first < piece ? length : first + piece;
        vector sums = splat(0);
        float parts[LANES];
        int p = first;
        for (; p + LANES <= last; p += LANES)
            sums += load(plane + p);
        for (; p < last; p++)
            sum += (double)plane[p];
        store(parts, sums);
        for (int i = 0; i < LANES; i++)
            sum += (double)parts[i];
    }
    return (float)(sum / count);
}
