/* Each element less the mean, times the factor, plus the shift: they follow each other in `weights`. */
#define CENTRED(FINISH)                                                                        \
    const vector mean = splat(weights[0]), factor = splat(weights[1]), shift = splat(bias[0]); \
    for (int p = 0, q = 0; p < size; p += LANES) {                                             \
        const vector a0_0 = (load(in + p) - mean) * factor + shift;                            \
        FINISH(0, 0)                                                                           \
        q = (q + LANES) % row;                                                                 \
    }                                                                                          \
    (void)at, (void)taps;
