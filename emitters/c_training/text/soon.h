/* What is read next is fetched while tiles compute: lines at a steady rate, so that memory never
   waits for products, nor they for memory. */
struct soon {
    const vector *planes[MOST_SOON];
    int split, count;    /* planes of the first kind, and of both */
    long from[2], to[2]; /* the lines of each kind, counted from the beginning of a plane */
    int plane;           /* whose turn it is */
    long at;
    long rate, credit; /* what a product adds, and what no line has taken yet */
};
enum { LINE = 1024 }; /* the credit that a line takes */
enum { IN_LINE = sizeof(vector) < 64 ? 64 / sizeof(vector) : 1 }; /* vectors of a line */

PART void add_soon(struct soon *s, const vector *plane)
{
    if (s->count < MOST_SOON)
        s->planes[s->count++] = plane;
}

/* Goes on with the first plane from this one on of which something is to be fetched. */
PART void next_soon(struct soon *s, int plane)
{
    if (plane < s->split && s->from[0] >= s->to[0])
        plane = s->split;
    if (plane >= s->split && s->from[1] >= s->to[1])
        plane = s->count;
    s->plane = plane;
    s->at = s->from[plane >= s->split];
}

/* The rows of both kinds of planes, while so many products are added up. */
PART void begin_soon(struct soon *s, const long from[2], const long to[2], long products)
{
    long lines = 0;
    for (int kind = 0; kind < 2; kind++) {
        const long first = from[kind] / IN_LINE, last = (to[kind] + IN_LINE - 1) / IN_LINE;
        s->from[kind] = first, s->to[kind] = last;
        if (first < last)
            lines += (last - first) * (kind ? s->count - s->split : s->split);
    }
    s->rate = LINE * lines / (products < 1 ? 1 : products) + 1;
    s->credit = 0;
    next_soon(s, 0);
}

EACH void fetch_soon(struct soon *s, int products)
{
    for (s->credit += products * s->rate; s->credit >= LINE; s->credit -= LINE) {
        if (s->plane >= s->count) {
            s->credit = 0;
            return;
        }
        SOON(s->planes[s->plane] + s->at * IN_LINE);
        if (++s->at == s->to[s->plane >= s->split])
            next_soon(s, s->plane + 1);
    }
}
