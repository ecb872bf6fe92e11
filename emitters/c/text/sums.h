/* The sum of a run's elements, or of the squares, each less `from`. Sums are made of the sums of
   pieces, which are added in double precision. */
#define PIECE_OF_RUN (64 * LANES)
#define SUM(NAME, TERM)                                                                        \
    PART double NAME(const float *run, int length, float from)                                 \
    {                                                                                          \
        double sum = 0;                                                                        \
        for (int first = 0; first < length; first += PIECE_OF_RUN) {                           \
            const int last = length - first < PIECE_OF_RUN ? length : first + PIECE_OF_RUN;    \
            vector sums = splat(0);                                                            \
            float parts[LANES];                                                                \
            int p = first;                                                                     \
            for (; p + LANES <= last; p += LANES) {                                            \
                const vector x = load(run + p) - splat(from);                                  \
                sums += TERM;                                                                  \
            }                                                                                  \
            for (; p < last; p++) {                                                            \
                const float x = run[p] - from;                                                 \
                sum += (double)(TERM);                                                         \
            }                                                                                  \
            store(parts, sums);                                                                \
            for (int i = 0; i < LANES; i++)                                                    \
                sum += (double)parts[i];                                                       \
        }                                                                                      \
        return sum;                                                                            \
    }
SUM(sum_of, x)
SUM(sum_of_squares, x * x)
#undef SUM
