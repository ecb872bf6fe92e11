/* Values from planes: read through norms and functions on the way forward, and back. */
#define SET(ID, VALUE, SLOPE)                                                                     \
    case ID:                                                                                      \
        for (long x = 0; x < count; x++) {                                                        \
            const vector y = from[x] * a + b;                                                     \
            to[x] = VALUE;                                                                        \
        }                                                                                         \
        break;
#define SUM_UP(ID, VALUE, SLOPE)                                                                  \
    case ID:                                                                                      \
        for (long x = 0; x < count; x++) {                                                        \
            const vector y = from[x] * a + b;                                                     \
            to[x] += VALUE;                                                                       \
        }                                                                                         \
        break;

PART void view(const struct worker *w, const struct term *t, long at, long count, vector *to,
               int adds)
{
    const vector *from = w->planes + t->plane + at;
    const vector a = splat(t->norm < 0 ? 1 : w->state->scale[t->norm]);
    const vector b = splat(t->norm < 0 ? 0 : w->state->shift[t->norm]);
    if (adds)
        switch (t->function) {
            FUNCTIONS(SUM_UP)
        }
    else
        switch (t->function) {
            FUNCTIONS(SET)
        }
}

PART void apply(int function, vector *to, long count)
{
    const vector *from = to, a = splat(1), b = splat(0);
    switch (function) {
        FUNCTIONS(SET)
    }
}

/* A run of a channel that a kernel reads. */
PART void gather(const struct worker *w, const struct source *s, long at, long count, vector *to)
{
    if (!s->count)
        for (long x = 0; x < count; x++)
            to[x] = splat(0);
    for (int i = 0; i < s->count; i++)
        view(w, terms + s->first + i, at, count, to, i);
    if (s->mask >= 0) {
        const vector *kept = w->planes + s->mask + at;
        for (long x = 0; x < count; x++)
            to[x] *= kept[x];
    }
    if (s->stored >= 0) {
        vector *kept = w->planes + s->stored + at;
        for (long x = 0; x < count; x++)
            kept[x] = to[x];
    }
    if (s->function)
        apply(s->function, to, count);
}

/* Rows of channels that a kernel reads, each to its place in a ring of rows. */
PART void fill(const struct worker *w, const struct source *s, int channels, int first, int last,
               int width, vector *ring, int rows, int row, int left)
{
    for (int c = 0; c < channels; c++)
        for (int y = first; y < last; y++)
            gather(w, s + c, (long)y * width, width,
                   ring + ((long)c * rows + y % rows) * row + left);
}

/* What a kernel has made, with the moments of it. */
PART void keep_made(const struct worker *w, int plane, int stats, long at, long count,
                    const vector *from)
{
    vector *to = w->planes + plane + at;
    vector s = splat(0), q = splat(0);
    for (long x = 0; x < count; x++) {
        const vector y = from[x];
        to[x] = y;
        s += y;
        q += y * y;
    }
    if (stats >= 0) {
        total *sums = w->state->moments + (w->block * MOMENTS + stats) * 2;
        add_to(sums, s);
        add_to(sums + 1, q);
    }
}

#define SHARE(ID, VALUE, SLOPE)                                                                   \
    case ID:                                                                                      \
        for (long x = 0; x < count; x++) {                                                        \
            const vector y = raw[x] * a + b;                                                      \
            const vector g = has_pending ? from[x] + pending[x] : from[x];                        \
            const vector z = SLOPE;                                                               \
            if (has_sums) {                                                                       \
                s += z;                                                                           \
                q += z * (raw[x] - m);                                                            \
            }                                                                                     \
            to[x] = is_first ? z : to[x] + z;                                                     \
        }                                                                                         \
        break;

EACH void add_share(const struct worker *w, const struct share *h, long at, long count,
                    const vector *from, const int is_first, const int has_pending,
                    const int has_sums)
{
    const struct state *t = w->state;
    vector *to = w->planes + h->gradient + at;
    const vector *raw = w->planes + h->raw + at;
    const vector *pending = has_pending ? w->planes + h->pending + at : to;
    const vector a = splat(has_sums ? t->scale[h->norm] : 1);
    const vector b = splat(has_sums ? t->shift[h->norm] : 0);
    const vector m = splat(has_sums ? t->mean[h->norm] : 0);
    vector s = splat(0), q = splat(0);
    switch (h->function) {
        FUNCTIONS(SHARE)
    }
    if (has_sums) {
        total *sums = t->sums + (w->block * NORMS + h->norm) * 2;
        add_to(sums, s);
        add_to(sums + 1, q);
    }
}

/* A run of the gradient of a channel that a kernel has read, to where it belongs. */
PART void hand_back(const struct worker *w, const struct share *h, long at, long count,
                    const vector *from)
{
    switch ((h->is_first ? 4 : 0) + (h->pending >= 0 ? 2 : 0) + (h->norm >= 0)) {
    case 0: add_share(w, h, at, count, from, 0, 0, 0); break;
    case 1: add_share(w, h, at, count, from, 0, 0, 1); break;
    case 2: add_share(w, h, at, count, from, 0, 1, 0); break;
    case 3: add_share(w, h, at, count, from, 0, 1, 1); break;
    case 4: add_share(w, h, at, count, from, 1, 0, 0); break;
    case 5: add_share(w, h, at, count, from, 1, 0, 1); break;
    case 6: add_share(w, h, at, count, from, 1, 1, 0); break;
    default: add_share(w, h, at, count, from, 1, 1, 1); break;
    }
    const vector *given = w->planes + h->gradient + at;
    for (int i = 0; i < h->alsos; i++) {
        const struct term *other = alsos + h->also + i;
        const vector *raw = w->planes + other->plane + at;
        const vector m = splat(w->state->mean[other->norm]);
        vector s = splat(0), q = splat(0);
        for (long x = 0; x < count; x++) {
            s += given[x];
            q += given[x] * (raw[x] - m);
        }
        total *sums = w->state->sums + (w->block * NORMS + other->norm) * 2;
        add_to(sums, s);
        add_to(sums + 1, q);
    }
}

PART void hand_all_back(const struct worker *w, const struct span *channel, long at, long count,
                        const vector *from)
{
    for (int i = 0; i < channel->count; i++)
        hand_back(w, shares + channel->first + i, at, count, from);
}

/* A run of the gradient of what a kernel has made. */
PART void gather_gradient(const struct worker *w, const struct span *channel, int made, long at,
                          long count, vector *to)
{
    const struct state *t = w->state;
    const vector *raw = w->planes + made + at;
    if (!channel->count)
        for (long x = 0; x < count; x++)
            to[x] = splat(0);
    for (int i = 0; i < channel->count; i++) {
        const struct part *p = parts + channel->first + i;
        const vector *g = w->planes + p->gradient + at;
        if (p->norm < 0)
            for (long x = 0; x < count; x++)
                to[x] = i ? to[x] + g[x] : g[x];
        else {
            const vector a = splat(t->slope[p->norm]), b = splat(t->offset[p->norm]);
            const vector c = splat(t->curve[p->norm]);
            if (i)
                for (long x = 0; x < count; x++)
                    to[x] += a * g[x] + (b - c * raw[x]);
            else
                for (long x = 0; x < count; x++)
                    to[x] = a * g[x] + (b - c * raw[x]);
        }
    }
}
