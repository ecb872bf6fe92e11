/* The rows that Winograd's tiles make, finished. Where a row is whole vectors, each vector goes to
   its place at once; else the rows are made in `spare`, where a vector may reach into the next. */
#define FOR_TILES                                                                              \
    for (int i = 0; i < tiles; i++)                                                            \
        for (int at = 0; at < row; at += LANES) {                                              \
            const int x = at + LANES <= row || row < LANES ? at : row - LANES;                 \
            const float *from = products + i * row + x;                                        \
            const vector m1 = load(from + apart), m2 = load(from + 2 * apart);                 \
            const vector m3 = load(from + 3 * apart), m4 = load(from + 4 * apart);             \
            const vector near = m1 + m2 + b, off = m1 - m2 + b;                                \
            const vector far = m3 + m4, turn = m3 - m4;                                        \
            const vector y0 = load(from) + near + far, y1 = off + splat(2) * turn;             \
            const vector y2 = near + splat(4) * far;                                           \
            const vector y3 = off + splat(8) * turn + load(from + 5 * apart);

#define ROW(r, FINISH)                                                                         \
    if (4 * i + r < height) {                                                                  \
        const int p = first + (4 * i + r) * row + x, q = x;                                    \
        const vector a0_0 = y##r;                                                              \
        FINISH(0, 0)                                                                           \
        (void)q;                                                                               \
    }

#define ROWS(NAME, FINISH)                                                                     \
    ALONE void NAME(const float *products, int apart, float *spare, float *ws, int first,      \
                    int tiles, int height, const float *bias, const int *ends,                 \
                    const int *kept, int row)                                                  \
    {                                                                                          \
        const vector b = splat(bias[0]);                                                       \
        (void)kept;                                                                            \
        if (row % LANES == 0) {                                                                \
            FOR_TILES                                                                          \
                ROW(0, FINISH)                                                                 \
                ROW(1, FINISH)                                                                 \
                ROW(2, FINISH)                                                                 \
                ROW(3, FINISH)                                                                 \
            }                                                                                  \
            return;                                                                            \
        }                                                                                      \
        FOR_TILES                                                                              \
            float *y = spare + 4 * i * row + x;                                                \
            store(y, y0);                                                                      \
            store(y + row, y1);                                                                \
            store(y + 2 * row, y2);                                                            \
            store(y + 3 * row, y3);                                                            \
        }                                                                                      \
        const int size = (height < 4 * tiles ? height : 4 * tiles) * row;                      \
        for (int i = 0, q = 0; i < size; i += LANES) {                                         \
            const int p = first + i;                                                           \
            const vector a0_0 = load(spare + i);                                               \
            FINISH(0, 0)                                                                       \
            q = (q + LANES) % row;                                                             \
        }                                                                                      \
    }
