/* Rows of a plane, each with its share, mixed to one. */
PART void mix(const float *plane, const int *rows, const float *shares, int taps, float *mixed,
              int width)
{
    for (int x = 0; x < width; x += LANES) {
        vector y = splat(shares[0]) * load(plane + rows[0] + x);
        for (int t = 1; t < taps; t++)
            y += splat(shares[t]) * load(plane + rows[t] + x);
        store(mixed + x, y);
    }
}

/* Elements of that row, mixed to one. */
PART float mixture(const float *mixed, const int *columns, const float *shares, int taps)
{
    float y = shares[0] * mixed[columns[0]];
    for (int t = 1; t < taps; t++)
        y += shares[t] * mixed[columns[t]];
    return y;
}
