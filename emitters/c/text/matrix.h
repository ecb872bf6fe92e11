/* Sums of a row of places by some vectors of output channels: each weight is loaded once and each
   element spread over the lanes. With few registers a compiler would load the weights again for each
   place, so they are held. Long sums are made of those of pieces, so that a piece's weights stay
   in the nearest cache. The weights of the next panel are asked for meanwhile, one line `apart` from
   the other, and so are the elements of the next places: processors foresee few rows at once. */
PART void ask_soon(const float *from, int at)
{
    __builtin_prefetch((const void *)((uintptr_t)from + (uintptr_t)at * sizeof *from), 0, 2);
}
PART void ask_next(const float *from)
{
    __builtin_prefetch((const void *)((uintptr_t)from + 16 * sizeof *from), 0, 3);
}

#define NOTHING(o, v) vector a##o##_##v = splat(0);
#if REGISTERS == 32
#define WEIGHTS(v) const vector w##v = load(weights + v * LANES);
#else
#define WEIGHTS(v) const vector w##v = held(load(weights + v * LANES));
#endif
#define SPREAD(o, v) a##o##_##v += splat(x[o]) * w##v;
#define PUT(o, v) store(to + o * width + v * LANES, a##o##_##v);
#define PUT_MORE(o, v) store(to + o * width + v * LANES, load(to + o * width + v * LANES) + a##o##_##v);

#define PRODUCT(NAME, GRID, COLUMNS)                                                           \
    ALONE void NAME(const float *in, const offset *at, int taps, const float *weights,         \
                    int width, float *to, int more, const float *soon, int apart)              \
    {                                                                                          \
        GRID(NOTHING)                                                                          \
        UNROLLED                                                                               \
        for (int t = 0; t < taps; t++, weights += width) {                                     \
            const float *x = in + at[t];                                                       \
            ask_soon(soon, t * apart);                                                         \
            ask_next(x);                                                                       \
            COLUMNS(WEIGHTS)                                                                   \
            GRID(SPREAD)                                                                       \
        }                                                                                      \
        if (more) {                                                                            \
            GRID(PUT_MORE)                                                                     \
        } else {                                                                               \
            GRID(PUT)                                                                          \
        }                                                                                      \
    }

/* A square of lanes, its rows `apart`, to columns that lie `length` apart. */
#if LANES > 1
#if LANES == 16
#define LOWS 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGHS 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define HALF_OF_LANES(F, a, b) F(0, a, b) F(1, a, b) F(2, a, b) F(3, a, b) F(4, a, b) F(5, a, b) F(6, a, b) F(7, a, b)
#define ROUNDS(F) F(a, b) F(b, a) F(a, b) F(b, a)
#define LAST a
#elif LANES == 8
#define LOWS 0, 8, 1, 9, 2, 10, 3, 11
#define HIGHS 4, 12, 5, 13, 6, 14, 7, 15
#define HALF_OF_LANES(F, a, b) F(0, a, b) F(1, a, b) F(2, a, b) F(3, a, b)
#define ROUNDS(F) F(a, b) F(b, a) F(a, b)
#define LAST b
#else
#define LOWS 0, 4, 1, 5
#define HIGHS 2, 6, 3, 7
#define HALF_OF_LANES(F, a, b) F(0, a, b) F(1, a, b)
#define ROUNDS(F) F(a, b) F(b, a)
#define LAST a
#endif
#define MIX(i, a, b)                                                                           \
    b[2 * i] = PICK(a[i], a[i + LANES / 2], LOWS);                                             \
    b[2 * i + 1] = PICK(a[i], a[i + LANES / 2], HIGHS);
#define MIX_ALL(a, b) HALF_OF_LANES(MIX, a, b)

PART void turn(const float *from, int apart, float *to, int length)
{
    vector a[LANES], b[LANES];
    for (int i = 0; i < LANES; i++)
        a[i] = load(from + i * apart);
    ROUNDS(MIX_ALL)
    for (int i = 0; i < LANES; i++)
        store(to + i * length, LAST[i]);
}
#else
PART void turn(const float *from, int apart, float *to, int length)
{
    (void)apart, (void)length;
    *to = *from;
}
#endif

/* The sums of `channels` output channels at the places from `first` on, finished. */
#define TURNED(NAME, FINISH)                                                                   \
    ALONE void NAME(const float *sums, int width, float *turned, float *ws, int first,         \
                    int length, int channels, int every, const float *bias, const int *places, \
                    const int *kept, int row)                                                  \
    {                                                                                          \
        const int room = (length + LANES - 1) / LANES * LANES;                                 \
        (void)kept;                                                                            \
        for (int c = 0; c < channels; c += LANES) {                                            \
            const int left = channels - c < LANES ? channels - c : LANES;                      \
            for (int i = 0; i < length; i += LANES)                                            \
                turn(sums + i * width + c, width, turned + i, room);                           \
            for (int o = 0; o < left; o++) {                                                   \
                const int *ends = places + (c + o) * every;                                    \
                const vector b = splat(bias[c + o]);                                           \
                for (int i = 0, q = 0; i < length; i += LANES) {                               \
                    const int p = first + i;                                                   \
                    const vector a0_0 = load(turned + o * room + i) + b;                       \
                    FINISH(0, 0)                                                               \
                    q = (q + LANES) % row;                                                     \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
    }
