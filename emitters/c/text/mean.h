/* The mean of a plane; the room behind its rows is zero. */
PART float mean(const float *plane, int length, float share)
{
    vector sums = splat(0);
    float sum = 0, parts[LANES];
    int p = 0;
    for (; p + LANES <= length; p += LANES)
        sums += load(plane + p);
    for (; p < length; p++)
        sum += plane[p];
    store(parts, sums);
    for (int i = 0; i < LANES; i++)
        sum += parts[i];
    return sum * share;
}
