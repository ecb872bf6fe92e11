/* The largest of the taps. */
#define LARGEST(FINISH)                                                                        \
    for (int p = 0, q = 0; p < size; p += LANES) {                                             \
        vector a0_0 = load(in + p + at[0]);                                                    \
        for (int t = 1; t < taps; t++)                                                         \
            a0_0 = greatest(a0_0, load(in + p + at[t]));                                       \
        FINISH(0, 0)                                                                           \
        q = (q + LANES) % row;                                                                 \
    }
