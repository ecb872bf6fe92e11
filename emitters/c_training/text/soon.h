/* What is read next is fetched while tiles compute, some lines a tile. */
struct soon {
    const vector *planes[MOST_SOON];
    int count, plane; /* of the planes, and the one whose turn it is */
    long first, last, at;
    int each; /* lines a tile */
};

/* A rows' worth of each plane, in so many tiles. */
PART void begin_soon(struct soon *s, int first, int last, int width, int tiles)
{
    s->plane = first < last ? 0 : s->count;
    s->first = s->at = (long)first * width;
    s->last = (long)last * width;
    s->each = (int)(((s->last - s->first) * s->count + tiles) / (tiles < 1 ? 1 : tiles));
}

EACH void fetch_soon(struct soon *s)
{
    for (int n = 0; n < s->each && s->plane < s->count; n++) {
        SOON(s->planes[s->plane] + s->at);
        if (++s->at == s->last) {
            s->at = s->first;
            s->plane++;
        }
    }
}

PART void add_soon(struct soon *s, const vector *plane)
{
    if (s->count < MOST_SOON)
        s->planes[s->count++] = plane;
}
