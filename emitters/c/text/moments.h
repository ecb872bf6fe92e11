/* The sum of a row's elements, or of the squares of their distances from `mean`. */
PART double sum_of_row(const float *row, int width)
{
    float parts[LANES];
    double sum = 0;
    vector sums = splat(0);
    int x = 0;
    for (; x + LANES <= width; x += LANES)
        sums += load(row + x);
    store(parts, sums);
    for (int i = 0; i < LANES; i++)
        sum += (double)parts[i];
    for (; x < width; x++)
        sum += (double)row[x];
    return sum;
}

PART double spread_of_row(const float *row, int width, float mean)
{
    float parts[LANES];
    double sum = 0;
    vector sums = splat(0);
    int x = 0;
    for (; x + LANES <= width; x += LANES)
        sums += (load(row + x) - splat(mean)) * (load(row + x) - splat(mean));
    store(parts, sums);
    for (int i = 0; i < LANES; i++)
        sum += (double)parts[i];
    for (; x < width; x++)
        sum += (double)((row[x] - mean) * (row[x] - mean));
    return sum;
}

/* The factor and the shift of each plane that bring all of them to mean 0 and variance 1, and then
   to their own scale and shift. */
PART void moments(const float *ws, const int *planes, int count, int height, int width, int row,
                  float eps, const float *scale, const float *shift, float *factors, float *shifts)
{
    const double elements = (double)count * height * width;
    double sum = 0, spread = 0;
    for (int c = 0; c < count; c++)
        for (int y = 0; y < height; y++)
            sum += sum_of_row(ws + planes[c] + y * row, width);
    const double mean = sum / elements;
    for (int c = 0; c < count; c++)
        for (int y = 0; y < height; y++)
            spread += spread_of_row(ws + planes[c] + y * row, width, (float)mean);
    const double norm = 1 / sqrt(spread / elements + (double)eps);
    for (int c = 0; c < count; c++) {
        factors[c] = (float)((double)scale[c] * norm);
        shifts[c] = (float)((double)shift[c] - mean * (double)scale[c] * norm);
    }
}
