/* Values from planes: read through norms and functions on the way forward, and back. */
struct rows { /* some rows of a plane, and where each of them goes in a ring of rows */
    int first, last, width;
    vector *ring;
    int count, length;
};

/* For each row, `from` in the plane and `to` in the ring. */
#define EACH_ROW(r)                                                                               \
    for (int at = (r)->first, slot = at % (r)->count; at < (r)->last;                             \
         at++, slot = slot + 1 == (r)->count ? 0 : slot + 1)
#define IN_PLANE(r, plane) ((plane) + (long)at * (r)->width)
#define IN_RING(r) ((r)->ring + (long)slot * (r)->length)

#define READ(ID, INTO, VALUE)                                                                     \
    case ID:                                                                                      \
        EACH_ROW(r)                                                                               \
        {                                                                                         \
            const vector *from = IN_PLANE(r, plane);                                              \
            vector *to = IN_RING(r);                                                              \
            for (int x = 0; x < r->width; x++) {                                                  \
                const vector y = from[x] * a + b;                                                 \
                to[x] INTO VALUE;                                                                 \
            }                                                                                     \
        }                                                                                         \
        break;
#define SET(ID, VALUE, SLOPE) READ(ID, =, VALUE)
#define SUM_UP(ID, VALUE, SLOPE) READ(ID, +=, VALUE)
#define APPLY(ID, VALUE, SLOPE)                                                                   \
    case ID:                                                                                      \
        EACH_ROW(r)                                                                               \
        {                                                                                         \
            vector *to = IN_RING(r);                                                              \
            for (int x = 0; x < r->width; x++) {                                                  \
                const vector y = to[x];                                                           \
                to[x] = VALUE;                                                                    \
            }                                                                                     \
        }                                                                                         \
        break;

PART void view(const struct worker *w, const struct term *t, long start, const struct rows *r,
               int adds)
{
    const vector *plane = w->planes + t->plane + start;
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

/* Rows of a channel that a kernel reads, from `start` on in its plane. */
ALONE void gather(const struct worker *w, const struct source *s, long start,
                  const struct rows *r)
{
    if (!s->count)
        EACH_ROW(r)
            clear_vectors(IN_RING(r), r->width);
    for (int i = 0; i < s->count; i++)
        view(w, terms + s->first + i, start, r, i);
    if (s->mask >= 0) {
        const vector *plane = w->planes + s->mask + start;
        EACH_ROW(r)
        {
            const vector *from = IN_PLANE(r, plane);
            vector *to = IN_RING(r);
            for (int x = 0; x < r->width; x++)
                to[x] *= from[x];
        }
    }
    if (s->stored >= 0) {
        vector *plane = w->planes + s->stored + start;
        EACH_ROW(r)
        {
            const vector *from = IN_RING(r);
            vector *to = IN_PLANE(r, plane);
            for (int x = 0; x < r->width; x++)
                STREAM(to + x, from[x]);
        }
    }
    switch (s->function) {
    case 0: break;
        OTHER_FUNCTIONS(APPLY)
    }
}

/* Rows of channels that a kernel reads, each to its place in a ring of rows. */
PART void fill(const struct worker *w, const struct source *s, int channels, int first, int last,
               int width, vector *ring, int count, int length)
{
    struct rows r = {first, last, width, ring, count, length};
    for (int c = 0; c < channels; c++, r.ring += (long)count * length)
        gather(w, s + c, 0, &r);
}

/* What a kernel has made, with the moments of it: of differences from the first element of each
   image, since squares of large numbers have no digits left for small deviations. */
ALONE void keep_made(const struct worker *w, int plane, int stats, long at, long count,
                     const vector *from)
{
    vector *to = w->planes + plane + at;
    if (stats < 0) {
        for (long x = 0; x < count; x++)
            STREAM(to + x, from[x]);
        return;
    }
    struct moments *m = w->state->moments + w->block * MOMENTS + stats;
    if (at == 0)
        m->first = from[0];
    const vector first = m->first;
    for (long start = 0; start < count; start += RUN) {
        const long last = start + RUN < count ? start + RUN : count;
        vector s = splat(0), q = splat(0);
        for (long x = start; x < last; x++) {
            const vector y = from[x], difference = y - first;
            STREAM(to + x, y);
            s += difference;
            q += difference * difference;
        }
        add_to(&m->sum, s);
        add_to(&m->squares, q);
    }
}

#define SHARE(ID, VALUE, SLOPE)                                                                   \
    case ID:                                                                                      \
        for (long x = 0; x < count; x++) {                                                        \
            const vector y = raw[x] * a + b;                                                      \
            const vector g = has_pending ? from[x] + pending[x] : from[x];                        \
            const vector z = SLOPE;                                                               \
            (void)y;                                                                              \
            if (has_sums) {                                                                       \
                s += z;                                                                           \
                q += z * (raw[x] - m);                                                            \
            }                                                                                     \
            if (streams)                                                                          \
                STREAM(to + x, z);                                                                \
            else                                                                                  \
                to[x] = is_first ? z : to[x] + z;                                                 \
        }                                                                                         \
        break;

EACH void add_share(const struct worker *w, const struct share *h, long at, long count,
                    const vector *from, const int is_first, const int streams,
                    const int has_pending, const int has_sums)
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
ALONE void hand_back(const struct worker *w, const struct share *h, long at, long count,
                     const vector *from)
{
    switch (4 * h->is_first + (h->pending >= 0 ? 2 : 0) + (h->norm >= 0)) {
    case 0: add_share(w, h, at, count, from, 0, 0, 0, 0); break;
    case 1: add_share(w, h, at, count, from, 0, 0, 0, 1); break;
    case 2: add_share(w, h, at, count, from, 0, 0, 1, 0); break;
    case 3: add_share(w, h, at, count, from, 0, 0, 1, 1); break;
    case 4: add_share(w, h, at, count, from, 1, 0, 0, 0); break;
    case 5: add_share(w, h, at, count, from, 1, 0, 0, 1); break;
    case 6: add_share(w, h, at, count, from, 1, 0, 1, 0); break;
    case 7: add_share(w, h, at, count, from, 1, 0, 1, 1); break;
    case 8: add_share(w, h, at, count, from, 1, 1, 0, 0); break;
    case 9: add_share(w, h, at, count, from, 1, 1, 0, 1); break;
    case 10: add_share(w, h, at, count, from, 1, 1, 1, 0); break;
    case 11: add_share(w, h, at, count, from, 1, 1, 1, 1); break;
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
        for (long first = 0; first < count; first += RUN)
            hand_back(w, shares + channel->first + i, at + first,
                      first + RUN < count ? RUN : count - first, from + first);
}

/* Rows of the gradient of what a kernel has made, from `start` on in its plane. */
ALONE void gather_gradient(const struct worker *w, const struct span *channel, int made,
                           long start, const struct rows *r)
{
    const struct state *t = w->state;
    const vector *raws = w->planes + made + start;
    if (!channel->count)
        EACH_ROW(r)
            clear_vectors(IN_RING(r), r->width);
    for (int i = 0; i < channel->count; i++) {
        const struct part *p = parts + channel->first + i;
        const vector *plane = w->planes + p->gradient + start;
        const int is_normed = p->norm >= 0;
        const vector a = splat(is_normed ? t->slope[p->norm] : 1);
        const vector b = splat(is_normed ? t->offset[p->norm] : 0);
        const vector c = splat(is_normed ? t->curve[p->norm] : 0);
        const vector m = splat(is_normed ? t->mean[p->norm] : 0);
        EACH_ROW(r)
        {
            const vector *g = IN_PLANE(r, plane), *raw = IN_PLANE(r, raws);
            vector *to = IN_RING(r);
            if (!is_normed)
                for (int x = 0; x < r->width; x++)
                    to[x] = i ? to[x] + g[x] : g[x];
            else if (i)
                for (int x = 0; x < r->width; x++)
                    to[x] += a * g[x] + (b - c * (raw[x] - m));
            else
                for (int x = 0; x < r->width; x++)
                    to[x] = a * g[x] + (b - c * (raw[x] - m));
        }
    }
}

/* The same of a run of elements. */
PART void gather_run(const struct worker *w, const struct source *s, long start, long count,
                     vector *to)
{
    const struct rows r = {0, 1, (int)count, to, 1, (int)count};
    gather(w, s, start, &r);
}

PART void gradient_run(const struct worker *w, const struct span *channel, int made, long start,
                       long count, vector *to)
{
    const struct rows r = {0, 1, (int)count, to, 1, (int)count};
    gather_gradient(w, channel, made, start, &r);
}
