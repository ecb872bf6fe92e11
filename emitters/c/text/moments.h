/* What brings all planes to mean 0 and variance 1, and then each to its own scale and shift: the mean,
   the factor and the shift of each plane. The mean is counted from the first element, and
   subtracted first: so nothing is lost where all are nearly alike. */
PART void moments(const float *ws, const int *planes, int count, int height, int width, int row,
                  float eps, const float *scale, const float *shift, float *result)
{
    const double elements = (double)count * height * width;
    const float from = ws[planes[0]];
    double sum = 0, spread = 0;
    for (int c = 0; c < count; c++)
        for (int y = 0; y < height; y++)
            sum += sum_of(ws + planes[c] + y * row, width, from);
    const double mean = (double)from + sum / elements;
    const float nearly = (float)mean;
    for (int c = 0; c < count; c++)
        for (int y = 0; y < height; y++)
            spread += sum_of_squares(ws + planes[c] + y * row, width, nearly);
    const double norm = 1 / sqrt(spread / elements + (double)eps);
    for (int c = 0; c < count; c++) {
        const double factor = (double)scale[c] * norm;
        *result++ = nearly;
        *result++ = (float)factor;
        *result++ = (float)((double)shift[c] - (mean - (double)nearly) * factor);
    }
}
