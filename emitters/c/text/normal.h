/* Each place is brought to mean 0 and variance 1 over its channels, and each channel then to its own
   scale and shift. Sums are made of the sums of pieces, and the mean is counted from the first
   channel: so nothing is lost where all are nearly alike. */
#define PIECES 64
#define NORMAL(NAME, FINISH)                                                                   \
    ALONE void NAME(float *ws, const int *planes, int channels, int every, float eps,          \
                    const float *scale, const float *shift, const int *places,                 \
                    const int *kept, int row, int size)                                        \
    {                                                                                          \
        (void)kept, (void)row, (void)every;                                                    \
        for (int p = 0, q = 0; p < size; p += LANES) {                                         \
            const int *ends = places;                                                          \
            const vector from = load(ws + planes[0] + p);                                      \
            total sum = {0}, spread = {0};                                                     \
            for (int first = 0; first < channels; first += PIECES) {                           \
                const int last = channels - first < PIECES ? channels : first + PIECES;        \
                vector piece = splat(0);                                                       \
                for (int c = first; c < last; c++)                                             \
                    piece += load(ws + planes[c] + p) - from;                                  \
                add_to(&sum, piece);                                                           \
            }                                                                                  \
            const vector mean = from + share_of(&sum, channels);                               \
            for (int first = 0; first < channels; first += PIECES) {                           \
                const int last = channels - first < PIECES ? channels : first + PIECES;        \
                vector piece = splat(0);                                                       \
                for (int c = first; c < last; c++) {                                           \
                    const vector x = load(ws + planes[c] + p) - mean;                          \
                    piece += x * x;                                                            \
                }                                                                              \
                add_to(&spread, piece);                                                        \
            }                                                                                  \
            const vector norm = splat(1) / root(share_of(&spread, channels) + splat(eps));     \
            for (int c = 0; c < channels; c++, ends += every) {                                \
                const vector x = (load(ws + planes[c] + p) - mean) * norm;                     \
                const vector a0_0 = x * splat(scale[c]) + splat(shift[c]);                     \
                FINISH(0, 0)                                                                   \
            }                                                                                  \
            q = (q + LANES) % row;                                                             \
        }                                                                                      \
        (void)planes;                                                                          \
    }

/* A sum over `count`, in single precision. */
PART vector share_of(const total *sum, int count)
{
    total mean = *sum;
    mean /= count;
    return nearest(&mean);
}

PART vector root(vector y)
{
    float parts[LANES];
    store(parts, y);
    for (int i = 0; i < LANES; i++)
        parts[i] = sqrtf(parts[i]);
    return load(parts);
}

