/* 3x3 convolutions by tiles of 4x4 outputs, Winograd's F(4x4, 3x3), arXiv:1509.09308: 36 products
   where a plain sum takes 144. The lanes are images, so transforms are sums of whole vectors. */
enum { SIDE = 6, FREQUENCIES = 36 };

/* How far the vectors of two frequencies lie apart; odd, since a power of two suits no cache. */
PART long apart_of(int channels, int count) { return (long)channels * count | 1; }

/* Six vectors by the transform of what is read, to places `apart` from each other. */
EACH void six_of_six(const vector d[SIDE], vector *to, long apart)
{
    const vector even = d[4] - splat(4) * d[2], odd = d[3] - splat(4) * d[1];
    const vector near = d[4] - d[2], twice = splat(2) * (d[3] - d[1]);
    to[0] = splat(4) * d[0] - splat(5) * d[2] + d[4];
    to[apart] = even + odd;
    to[2 * apart] = even - odd;
    to[3 * apart] = near + twice;
    to[4 * apart] = near - twice;
    to[5 * apart] = splat(4) * d[1] - splat(5) * d[3] + d[5];
}

/* Four outputs of six sums. */
EACH void four_of_six(const vector m[SIDE], vector y[4])
{
    const vector sum = m[1] + m[2], difference = m[1] - m[2];
    const vector wide = m[3] + m[4], slope = m[3] - m[4];
    y[0] = m[0] + sum + wide;
    y[1] = difference + splat(2) * slope;
    y[2] = sum + splat(4) * wide;
    y[3] = difference + splat(8) * slope + m[5];
}

/* Six sums of four gradients: the other way. */
EACH void six_of_four(const vector y[4], vector *to, long apart)
{
    const vector even = y[0] + y[2], odd = y[1] + y[3];
    const vector wide = y[0] + splat(4) * y[2], slope = splat(2) * y[1] + splat(8) * y[3];
    to[0] = y[0];
    to[apart] = even + odd;
    to[2 * apart] = even - odd;
    to[3 * apart] = wide + slope;
    to[4 * apart] = wide - slope;
    to[5 * apart] = y[3];
}

#define EACH_SIDE(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)
#define EACH_FOURTH(DO) DO(0) DO(1) DO(2) DO(3)

/* A tile of six rows, both ways; no more than a pair of rows is in registers at a time. */
EACH void read_tile(const vector *const d[SIDE], vector *to, long apart)
{
    vector t[SIDE], u[SIDE];
#define FIRST(x) t[x] = splat(4) * d[0][x] - splat(5) * d[2][x] + d[4][x];
#define LAST(x) t[x] = splat(4) * d[1][x] - splat(5) * d[3][x] + d[5][x];
#define NEAR(x)                                                                                   \
    {                                                                                             \
        const vector even = d[4][x] - splat(4) * d[2][x], odd = d[3][x] - splat(4) * d[1][x];     \
        t[x] = even + odd, u[x] = even - odd;                                                     \
    }
#define FAR(x)                                                                                    \
    {                                                                                             \
        const vector even = d[4][x] - d[2][x], odd = splat(2) * (d[3][x] - d[1][x]);              \
        t[x] = even + odd, u[x] = even - odd;                                                     \
    }
    EACH_SIDE(FIRST)
    six_of_six(t, to, apart);
    EACH_SIDE(NEAR)
    six_of_six(t, to + SIDE * apart, apart);
    six_of_six(u, to + 2 * SIDE * apart, apart);
    EACH_SIDE(FAR)
    six_of_six(t, to + 3 * SIDE * apart, apart);
    six_of_six(u, to + 4 * SIDE * apart, apart);
    EACH_SIDE(LAST)
    six_of_six(t, to + 5 * SIDE * apart, apart);
}

/* A tile of four rows of gradients, both ways. */
EACH void given_tile(const vector *const d[4], vector *to, long apart)
{
    vector t[4], u[4];
#define TOP(x) t[x] = d[0][x];
#define BOTTOM(x) t[x] = d[3][x];
#define INNER(x)                                                                                  \
    {                                                                                             \
        const vector even = d[0][x] + d[2][x], odd = d[1][x] + d[3][x];                           \
        t[x] = even + odd, u[x] = even - odd;                                                     \
    }
#define OUTER(x)                                                                                  \
    {                                                                                             \
        const vector even = d[0][x] + splat(4) * d[2][x];                                         \
        const vector odd = splat(2) * d[1][x] + splat(8) * d[3][x];                               \
        t[x] = even + odd, u[x] = even - odd;                                                     \
    }
    EACH_FOURTH(TOP)
    six_of_four(t, to, apart);
    EACH_FOURTH(INNER)
    six_of_four(t, to + SIDE * apart, apart);
    six_of_four(u, to + 2 * SIDE * apart, apart);
    EACH_FOURTH(OUTER)
    six_of_four(t, to + 3 * SIDE * apart, apart);
    six_of_four(u, to + 4 * SIDE * apart, apart);
    EACH_FOURTH(BOTTOM)
    six_of_four(t, to + 5 * SIDE * apart, apart);
}

/* What 36 sums make: so many rows and columns of outputs. */
EACH void made_tile(const vector *from, long apart, int rows, int columns, vector *to, long row)
{
    vector y[4][SIDE];
#define DOWN(x)                                                                                   \
    {                                                                                             \
        const vector m[SIDE] = {from[x * apart],        from[(6 + x) * apart],                    \
                                from[(12 + x) * apart], from[(18 + x) * apart],                   \
                                from[(24 + x) * apart], from[(30 + x) * apart]};                  \
        vector each[4];                                                                           \
        four_of_six(m, each);                                                                     \
        y[0][x] = each[0], y[1][x] = each[1], y[2][x] = each[2], y[3][x] = each[3];               \
    }
#define ACROSS(i)                                                                                 \
    if (i < rows) {                                                                               \
        vector each[4], *own = to + i * row;                                                      \
        four_of_six(y[i], each);                                                                  \
        own[0] = each[0];                                                                         \
        if (columns > 1)                                                                          \
            own[1] = each[1];                                                                     \
        if (columns > 2)                                                                          \
            own[2] = each[2];                                                                     \
        if (columns > 3)                                                                          \
            own[3] = each[3];                                                                     \
    }
    EACH_SIDE(DOWN)
    EACH_FOURTH(ACROSS)
}

static const vector nothing[SIDE]; /* a row outside a map */

struct winograd { /* what a convolution by tiles reads and makes */
    const vector *ring; /* the first place of a row, with those before it */
    int rows, row, height; /* rows of the ring, places of a row, rows of the map */
    long plane;
    int inputs, outputs;
    int before; /* rows above the first output that its window reads */
    int width;  /* of the outputs */
    const struct tile *tiles;
    const float *weights;
};

/* What the rows of outputs from `first` to `last` read, transformed: by frequency and channel. */
ALONE void read_tiles(const struct winograd *g, int first, int last, vector *read)
{
    const int across = (g->width + 3) / 4, down = (last - first + 3) / 4, count = across * down;
    const long every = apart_of(g->inputs, count);
    for (int c = 0; c < g->inputs; c++)
        for (int ty = 0; ty < down; ty++) {
            const vector *d[SIDE];
            int steps[SIDE];
            for (int j = 0; j < SIDE; j++) {
                const int y = first + 4 * ty - g->before + j;
                const int is_inside = y >= 0 && y < g->height;
                d[j] = is_inside ? g->ring + c * g->plane + (long)(y % g->rows) * g->row : nothing;
                steps[j] = is_inside ? 4 : 0;
            }
            for (int tx = 0; tx < across; tx++) {
                read_tile(d, read + (long)c * count + ty * across + tx, every);
                for (int j = 0; j < SIDE; j++)
                    d[j] += steps[j];
            }
        }
}

/* Gradients of rows of outputs, `ring` by channel, transformed in the same way. */
ALONE void given_tiles(const struct winograd *g, int first, int last, const vector *ring, int rows,
                       int row, vector *given)
{
    const int across = (g->width + 3) / 4, down = (last - first + 3) / 4, count = across * down;
    const long every = apart_of(g->outputs, count);
    for (int c = 0; c < g->outputs; c++)
        for (int ty = 0; ty < down; ty++) {
            const vector *d[4];
            int steps[4];
            for (int j = 0; j < 4; j++) {
                const int y = first + 4 * ty + j;
                d[j] = y < last ? ring + ((long)c * rows + y % rows) * row : nothing;
                steps[j] = y < last ? 4 : 0;
            }
            for (int tx = 0; tx < across; tx++) {
                given_tile(d, given + (long)c * count + ty * across + tx, every);
                for (int j = 0; j < 4; j++)
                    d[j] += steps[j];
            }
        }
}

/* Rows of outputs from `first` to `last`, each channel `length` apart; `room` is for the tiles. */
ALONE void winograd_rows(const struct winograd *g, int first, int last, vector *room, vector *made,
                         long length, struct soon *soon)
{
    const int across = (g->width + 3) / 4, down = (last - first + 3) / 4, count = across * down;
    const long in = apart_of(g->inputs, count), out = apart_of(g->outputs, count);
    vector *read = room, *sums = room + FREQUENCIES * in;
    const int zero = 0;
    read_tiles(g, first, last, read);
    for (int f = 0; f < FREQUENCIES; f++) {
        const vector *row = read + f * in;
        const float *weights = g->weights + (long)f * g->inputs * g->outputs;
        for (const struct tile *t = g->tiles; t->size; t++)
            t->sweep(&row, &zero, 1, &zero, 1, g->inputs, count,
                     weights + (long)t->first * g->inputs, t->size, 0, 1,
                     sums + f * out + (long)t->first * count, count, 1, count, soon);
    }
    for (int o = 0; o < g->outputs; o++)
        for (int ty = 0; ty < down; ty++)
            for (int tx = 0; tx < across; tx++)
                made_tile(sums + (long)o * count + ty * across + tx, out,
                          least_of(4, last - first - 4 * ty), least_of(4, g->width - 4 * tx),
                          made + o * length + 4L * ty * g->width + 4 * tx, g->width);
}

static const double to_six[SIDE][3] = {{1 / 4.0, 0, 0},
                                       {-1 / 6.0, -1 / 6.0, -1 / 6.0},
                                       {-1 / 6.0, 1 / 6.0, -1 / 6.0},
                                       {1 / 24.0, 1 / 12.0, 1 / 6.0},
                                       {1 / 24.0, -1 / 12.0, 1 / 6.0},
                                       {0, 0, 1}};

enum { WINDOWS = 64 };

/* The 36 numbers of each of some 3x3 windows, `every` apart. */
ALONE void transformed(const float *const *windows, int count, int is_turned, float *to, long every)
{
    double taps[9][WINDOWS], half[SIDE][3][WINDOWS];
    for (int n = 0; n < count; n++)
        for (int tap = 0; tap < 9; tap++)
            taps[tap][n] = (double)windows[n][is_turned ? 8 - tap : tap];
    for (int i = 0; i < SIDE; i++)
        for (int x = 0; x < 3; x++)
            for (int n = 0; n < count; n++)
                half[i][x][n] = to_six[i][0] * taps[x][n] + to_six[i][1] * taps[3 + x][n] +
                                to_six[i][2] * taps[6 + x][n];
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            for (int n = 0; n < count; n++)
                to[(i * SIDE + j) * every + n] =
                    (float)(to_six[j][0] * half[i][0][n] + to_six[j][1] * half[i][1][n] +
                            to_six[j][2] * half[i][2][n]);
}

/* The other way: the nine gradients of each of some windows, from 36 sums `every` apart. */
ALONE void turned_back(const float *sums, long every, int count, float *to)
{
    double half[3][SIDE][WINDOWS];
    for (int y = 0; y < 3; y++)
        for (int j = 0; j < SIDE; j++)
            for (int n = 0; n < count; n++) {
                double all = 0;
                for (int i = 0; i < SIDE; i++)
                    all += to_six[i][y] * (double)sums[(i * SIDE + j) * every + n];
                half[y][j][n] = all;
            }
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++)
            for (int n = 0; n < count; n++) {
                double all = 0;
                for (int j = 0; j < SIDE; j++)
                    all += to_six[j][x] * half[y][j][n];
                to[9L * n + 3 * y + x] += (float)all;
            }
}

/* The weights of all groups by frequency, each in the order in which its tiles read them. */
PART void pack_transformed(const struct state *t, const struct kernel *k, int is_back)
{
    const float *from = t->parameters[k->weight];
    const int inputs = is_back ? k->outputs : k->inputs;
    const int outputs = is_back ? k->inputs : k->outputs;
    const long every = (long)inputs * outputs;
    float *to = t->packed + (is_back ? k->packed_back : k->packed);
    const float *windows[WINDOWS];
    for (int g = 0; g < k->groups; g++, to += (FREQUENCIES - 1) * every) {
        int count = 0;
        for (const struct tile *tile = tiles + (is_back ? k->back : k->forward); tile->size; tile++)
            for (int i = 0; i < inputs; i++)
                for (int o = 0; o < tile->size; o++) {
                    const int made = is_back ? i : tile->first + o;
                    const int read = is_back ? tile->first + o : i;
                    const long window = (long)(g * k->outputs + made) * k->inputs + read;
                    windows[count++] = from + window * 9;
                    if (count == WINDOWS) {
                        transformed(windows, count, is_back, to, every);
                        to += count;
                        count = 0;
                    }
                }
        transformed(windows, count, is_back, to, every);
        to += count;
    }
}

/* Whether sums of products of tiles are of single numbers, each vector of some of the inputs. */
PART int is_spread(const struct kernel *k)
{
    return k->winograd && LANES > 1 && k->inputs % LANES == 0 && k->inputs >= 2 * LANES;
}

/* Vectors of several channels turned to such of several images, in their places. */
ALONE void turn_around(vector *each, int channels, long every)
{
#if LANES > 1
    for (int c = 0; c < channels; c += LANES)
        for (long x = 0; x < every; x++) {
            vector *own = each + c * every + x, t[LANES], u[LANES];
            for (int i = 0; i < LANES; i++)
                t[i] = own[i * every];
            for (int round = 1; round < LANES; round *= 2) {
                for (int i = 0; i < LANES / 2; i++) {
                    u[i] = EVEN(t[2 * i], t[2 * i + 1]);
                    u[i + LANES / 2] = ODD(t[2 * i], t[2 * i + 1]);
                }
                for (int i = 0; i < LANES; i++)
                    t[i] = u[i];
            }
            for (int i = 0; i < LANES; i++)
                own[i * every] = t[i];
        }
#else
    (void)each, (void)channels, (void)every;
#endif
}
