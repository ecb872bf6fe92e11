/* 3x3 convolutions by tiles of 4x4 outputs, Winograd's F(4x4, 3x3), arXiv:1509.09308: 36 products
   where a plain sum takes 144. The lanes are images, so transforms are sums of whole vectors. */
enum { SIDE = 6, FREQUENCIES = 36 };

/* How far the vectors of two frequencies lie apart; odd, since a power of two suits no cache. */
PART long apart_of(int channels, int count) { return (long)channels * count | 1; }

/* Six vectors, `every` apart, by the transform of what is read; the results are `apart` apart. */
EACH void six_of_six(const vector *d, long every, vector *to, long apart)
{
    const vector d0 = d[0], d1 = d[every], d2 = d[2 * every], d3 = d[3 * every];
    const vector d4 = d[4 * every], d5 = d[5 * every];
    const vector even = d4 - splat(4) * d2, odd = d3 - splat(4) * d1;
    const vector near = d4 - d2, twice = splat(2) * (d3 - d1);
    to[0] = splat(4) * d0 - splat(5) * d2 + d4;
    to[apart] = even + odd;
    to[2 * apart] = even - odd;
    to[3 * apart] = near + twice;
    to[4 * apart] = near - twice;
    to[5 * apart] = splat(4) * d1 - splat(5) * d3 + d5;
}

/* Four outputs of six sums. */
EACH void four_of_six(const vector *m, long every, vector *to, long apart)
{
    const vector sum = m[every] + m[2 * every], difference = m[every] - m[2 * every];
    const vector wide = m[3 * every] + m[4 * every], slope = m[3 * every] - m[4 * every];
    to[0] = m[0] + sum + wide;
    to[apart] = difference + splat(2) * slope;
    to[2 * apart] = sum + splat(4) * wide;
    to[3 * apart] = difference + splat(8) * slope + m[5 * every];
}

/* Six sums of four gradients: the other way. */
EACH void six_of_four(const vector *y, long every, vector *to, long apart)
{
    const vector even = y[0] + y[2 * every], odd = y[every] + y[3 * every];
    const vector wide = y[0] + splat(4) * y[2 * every];
    const vector slope = splat(2) * y[every] + splat(8) * y[3 * every];
    to[0] = y[0];
    to[apart] = even + odd;
    to[2 * apart] = even - odd;
    to[3 * apart] = wide + slope;
    to[4 * apart] = wide - slope;
    to[5 * apart] = y[3 * every];
}

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
    vector d[SIDE * SIDE];
    for (int c = 0; c < g->inputs; c++)
        for (int ty = 0; ty < down; ty++)
            for (int tx = 0; tx < across; tx++) {
                vector *to = read + (long)c * count + ty * across + tx;
                for (int j = 0; j < SIDE; j++) {
                    const int y = first + 4 * ty - g->before + j;
                    if (y < 0 || y >= g->height)
                        clear_vectors(d + j * SIDE, SIDE);
                    else
                        six_of_six(g->ring + c * g->plane + (long)(y % g->rows) * g->row + 4 * tx,
                                   1, d + j * SIDE, 1);
                }
                for (int i = 0; i < SIDE; i++)
                    six_of_six(d + i, SIDE, to + i * every, SIDE * every);
            }
}

/* Gradients of rows of outputs, `ring` by channel, transformed in the same way. */
ALONE void given_tiles(const struct winograd *g, int first, int last, const vector *ring, int rows,
                       int row, vector *given)
{
    const int across = (g->width + 3) / 4, down = (last - first + 3) / 4, count = across * down;
    const long every = apart_of(g->outputs, count);
    vector d[SIDE * 4];
    for (int c = 0; c < g->outputs; c++)
        for (int ty = 0; ty < down; ty++)
            for (int tx = 0; tx < across; tx++) {
                vector *to = given + (long)c * count + ty * across + tx;
                for (int j = 0; j < 4; j++) {
                    const int y = first + 4 * ty + j;
                    if (y >= last)
                        clear_vectors(d + j * SIDE, SIDE);
                    else
                        six_of_four(ring + ((long)c * rows + y % rows) * row + 4 * tx, 1,
                                    d + j * SIDE, 1);
                }
                for (int i = 0; i < SIDE; i++)
                    six_of_four(d + i, SIDE, to + i * every, SIDE * every);
            }
}

/* Rows of outputs from `first` to `last`, each channel `length` apart; `room` is for the tiles. */
ALONE void winograd_rows(const struct winograd *g, int first, int last, vector *room, vector *made,
                         long length, struct soon *soon)
{
    const int across = (g->width + 3) / 4, down = (last - first + 3) / 4, count = across * down;
    const long in = apart_of(g->inputs, count), out = apart_of(g->outputs, count);
    vector *read = room, *sums = room + FREQUENCIES * in;
    vector d[SIDE * SIDE];
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
            for (int tx = 0; tx < across; tx++) {
                const vector *from = sums + (long)o * count + ty * across + tx;
                vector y[16];
                for (int i = 0; i < SIDE; i++)
                    four_of_six(from + i * out, SIDE * out, d + i, SIDE);
                for (int j = 0; j < 4; j++)
                    four_of_six(d + j * SIDE, 1, y + 4 * j, 1);
                const int rows = least_of(4, last - first - 4 * ty);
                const int columns = least_of(4, g->width - 4 * tx);
                for (int j = 0; j < rows; j++)
                    for (int x = 0; x < columns; x++)
                        made[o * length + (4L * ty + j) * g->width + 4 * tx + x] = y[4 * j + x];
            }
}

static const double to_six[SIDE][3] = {{1 / 4.0, 0, 0},
                                       {-1 / 6.0, -1 / 6.0, -1 / 6.0},
                                       {-1 / 6.0, 1 / 6.0, -1 / 6.0},
                                       {1 / 24.0, 1 / 12.0, 1 / 6.0},
                                       {1 / 24.0, -1 / 12.0, 1 / 6.0},
                                       {0, 0, 1}};

/* The 36 numbers of a 3x3 window, `every` apart. */
PART void transformed(const float *window, int is_turned, float *to, long every)
{
    double half[SIDE][3];
    for (int i = 0; i < SIDE; i++)
        for (int x = 0; x < 3; x++) {
            half[i][x] = 0;
            for (int y = 0; y < 3; y++) {
                const int at = 3 * y + x;
                half[i][x] += to_six[i][y] * (double)window[is_turned ? 8 - at : at];
            }
        }
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            double sum = 0;
            for (int x = 0; x < 3; x++)
                sum += half[i][x] * to_six[j][x];
            to[(i * SIDE + j) * every] = (float)sum;
        }
}

/* The other way: the nine gradients of each of some windows, from 36 sums `every` apart. */
enum { WINDOWS = 64 };

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
    for (int g = 0; g < k->groups; g++, to += FREQUENCIES * every) {
        float *own = to;
        for (const struct tile *tile = tiles + (is_back ? k->back : k->forward); tile->size; tile++)
            for (int i = 0; i < inputs; i++)
                for (int o = 0; o < tile->size; o++, own++) {
                    const int made = is_back ? i : tile->first + o;
                    const int read = is_back ? tile->first + o : i;
                    transformed(from + ((long)(g * k->outputs + made) * k->inputs + read) * 9,
                                is_back, own, every);
                }
    }
}
