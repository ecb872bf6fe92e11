/* Convolutions, a block of images at a time. */
PART int below(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); } /* rounded down */

/* The taps of a row of outputs whose rows are inside the map. */
PART int rows_inside(const struct kernel *k, int y, const vector *ring, int row, const vector **at,
                     int *taps)
{
    int count = 0;
    for (int j = 0; j < k->kernel_y; j++) {
        const int from = y * k->stride_y - k->top + j * k->dilation_y;
        if (from >= 0 && from < k->height) {
            at[count] = ring + (long)(from % k->ring_rows) * row + k->left;
            taps[count++] = j;
        }
    }
    return count;
}

/* How far left of a row's first output the columns of a gradient begin, and how long its row is. */
PART int back_left(const struct kernel *k)
{
    return most_of(0, -below(k->left - (k->kernel_x - 1) * k->dilation_x, k->stride_x));
}

PART int back_row(const struct kernel *k)
{
    const int last = below(k->width - 1 + k->left, k->stride_x);
    return (back_left(k) + most_of(last + 1, k->columns) + (k->winograd ? 3 : 0)) | 1;
}

PART int forward_row(const struct kernel *k)
{
    const int last = (k->columns - 1) * k->stride_x + (k->kernel_x - 1) * k->dilation_x + 1;
    return (most_of(last, k->left + k->width) + (k->winograd ? 3 : 0)) | 1;
}

PART void soon_read(struct soon *s, const struct worker *w, const struct source *from, int count)
{
    for (int c = 0; c < count; c++)
        for (int i = 0; i < from[c].count; i++)
            add_soon(s, w->planes + terms[from[c].first + i].plane);
}

PART void soon_shared(struct soon *s, const struct worker *w, const struct span *from, int count)
{
    for (int c = 0; c < count; c++)
        for (int i = 0; i < from[c].count; i++) {
            const struct share *h = shares + from[c].first + i;
            if (h->pending >= 0)
                add_soon(s, w->planes + h->pending);
            if (!h->is_first)
                add_soon(s, w->planes + h->gradient);
            for (int n = 0; n < h->alsos; n++)
                add_soon(s, w->planes + alsos[h->also + n].plane);
        }
}

PART void soon_given(struct soon *s, const struct worker *w, const struct kernel *k, int g)
{
    for (int o = 0; o < k->outputs; o++) {
        const int channel = g * k->outputs + o;
        const struct span *own = spans + k->parts + channel;
        for (int i = 0; i < own->count; i++) {
            add_soon(s, w->planes + parts[own->first + i].gradient);
            if (parts[own->first + i].norm >= 0)
                add_soon(s, w->planes + k->made + channel * k->rows * k->columns);
        }
    }
}

/* All that the backward pass of a group reads. */
PART void soon_back(struct soon *s, const struct worker *w, const struct kernel *k, int g)
{
    soon_given(s, w, k, g);
    s->split = s->count;
    soon_read(s, w, sources + k->again + g * k->inputs, k->inputs);
    if (k->shares >= 0)
        soon_shared(s, w, spans + k->shares + g * k->inputs, k->inputs);
}

/* The products of some rows of outputs. */
PART long products_of(const struct kernel *k, int rows)
{
    const long pairs = (long)k->outputs * k->inputs;
    if (k->winograd)
        return pairs * FREQUENCIES * ((k->columns + 3) / 4 * ((rows + 3) / 4));
    return pairs * rows * k->columns * k->kernel_y * k->kernel_x;
}

/* Fetches rows of what is read, and from `y` on of the gradients of what is made. */
PART void begin_fetching(struct soon *s, const struct kernel *k, int read, int y, long products)
{
    const int rows = k->strip * k->stride_y + (read ? 0 : k->kernel_y);
    const long from[2] = {(long)y * k->columns, (long)read * k->width};
    const long to[2] = {(long)least_of(y + k->strip, k->rows) * k->columns,
                        (long)least_of(read + rows, k->height) * k->width};
    begin_soon(s, from, to, products);
}

ALONE void convolution_forward(const struct worker *w, const struct kernel *k)
{
    const int row = forward_row(k), rows = k->ring_rows, strip = k->strip;
    const long plane = (long)rows * row, length = (long)strip * k->columns;
    const float *weights = w->state->packed + k->packed;
    const int taps = k->kernel_y * k->kernel_x;
    vector *ring = w->scratch, *made = ring + plane * k->inputs;
    const vector *at[MOST_TAPS];
    int inside[MOST_TAPS], taps_x[MOST_TAPS];
    for (int j = 0; j < k->kernel_x; j++)
        taps_x[j] = j * k->dilation_x - k->left;
    clear_vectors(ring, plane * k->inputs);
    struct soon soon = {.count = 0};
    soon_read(&soon, w, sources + k->sources, k->inputs);
    for (int g = 0; g < k->groups; g++) {
        const struct source *from = sources + k->sources + g * k->inputs;
        int next = 0;
        for (int y0 = 0; y0 < k->rows; y0 += strip) {
            const int y1 = least_of(y0 + strip, k->rows);
            const int end = (y1 - 1) * k->stride_y - k->top + (k->kernel_y - 1) * k->dilation_y + 1;
            const int last = least_of(end, k->height);
            if (last > next) {
                fill(w, from, k->inputs, next, last, k->width, ring + k->left, rows, row);
                next = last;
            }
            if (y1 == k->rows) {
                soon.count = 0;
                if (g + 1 < k->groups)
                    soon_read(&soon, w, from + k->inputs, k->inputs);
            }
            begin_fetching(&soon, k, y1 < k->rows ? next : 0, 0, products_of(k, y1 - y0));
            if (k->winograd) {
                const struct winograd own = {
                    ring, rows, row, k->height, plane, k->inputs, k->outputs, k->top, k->columns,
                    tiles + k->forward, weights + (long)g * k->inputs * k->outputs * FREQUENCIES};
                winograd_rows(&own, y0, y1, made + length * k->outputs, made, length, &soon);
            } else
                for (const struct tile *t = tiles + k->forward; t->size; t++) {
                    const float *own = weights + (long)(g * k->outputs + t->first) * k->inputs * taps;
                    for (int y = y0; y < y1; y++) {
                        const int count = rows_inside(k, y, ring, row, at, inside);
                        t->sweep(at, inside, count, taps_x, k->kernel_x, k->inputs, plane, own,
                                 taps * t->size, k->kernel_x * t->size, k->stride_x,
                                 made + t->first * length + (long)(y - y0) * k->columns, length, 1,
                                 k->columns, &soon);
                    }
                }
            for (int o = 0; o < k->outputs; o++) {
                const int channel = g * k->outputs + o;
                const int place = k->made + channel * k->rows * k->columns;
                vector *own = made + o * length;
                const long count = (long)(y1 - y0) * k->columns;
                if (k->bias >= 0) {
                    const vector b = splat(w->state->parameters[k->bias][channel]);
                    for (long x = 0; x < count; x++)
                        own[x] += b;
                }
                keep_made(w, place, k->stats < 0 ? -1 : k->stats + channel, (long)y0 * k->columns,
                          count, own);
            }
        }
        if (k->is_whole && next < k->height)
            fill(w, from, k->inputs, next, k->height, k->width, ring + k->left, rows, row);
    }
}

/* The gradient of the rows from `first` on of what a group has read. */
ALONE void convolution_back_rows(const struct worker *w, const struct kernel *k, int g, int first,
                                  int last, const vector *ring, vector *made,
                                 struct soon *soon)
{
    const int row = back_row(k), left = back_left(k), rows = k->back_rows;
    const long plane = (long)rows * row, length = (long)(last - first) * k->width;
    const int taps = k->kernel_y * k->kernel_x;
    const float *weights = w->state->packed + k->packed_back;
    const vector *at[MOST_TAPS];
    int inside[MOST_TAPS], taps_x[MOST_TAPS];
    if (k->winograd) {
        const struct winograd own = {
            ring + left - (2 - k->left), rows, row, k->rows, plane, k->outputs, k->inputs,
            2 - k->top, k->width, tiles + k->back,
            weights + (long)g * k->inputs * k->outputs * FREQUENCIES};
        winograd_rows(&own, first, last, made + length * k->inputs, made, length, soon);
    }
    weights += (long)g * k->inputs * k->outputs * taps;
    for (int phase = 0; !k->winograd && phase < least_of(k->stride_x, k->width); phase++) {
        int width_x = 0;
        for (int j = 0; j < k->kernel_x; j++) {
            const int from = phase + k->left - j * k->dilation_x;
            if (below(from, k->stride_x) * k->stride_x == from)
                taps_x[width_x++] = below(from, k->stride_x);
        }
        const int width = (k->width - phase + k->stride_x - 1) / k->stride_x;
        for (const struct tile *t = tiles + k->back; t->size; t++) {
            const float *own = weights + (long)t->first * k->outputs * k->kernel_y * width_x;
            for (int y = first; y < last; y++) {
                int count = 0;
                for (int j = 0; j < k->kernel_y; j++) {
                    const int from = y + k->top - j * k->dilation_y;
                    const int to = below(from, k->stride_y);
                    if (to * k->stride_y == from && to >= 0 && to < k->rows) {
                        at[count] = ring + (long)(to % rows) * row + left;
                        inside[count++] = j;
                    }
                }
                t->sweep(at, inside, count, taps_x, width_x, k->outputs, plane, own,
                         k->kernel_y * width_x * t->size, width_x * t->size, 1,
                         made + t->first * length + (long)(y - first) * k->width + phase, length,
                         k->stride_x, width, soon);
            }
        }
        weights += (long)k->inputs * k->outputs * k->kernel_y * width_x;
    }
    for (int i = 0; i < k->inputs; i++)
        hand_all_back(w, spans + k->shares + g * k->inputs + i, (long)first * k->width, length,
                      made + i * length);
}

/* Adds the products of some rows to the sums of a group, or finishes them. */
ALONE void convolution_weights(const struct worker *w, const struct kernel *k, int g, int first,
                                int last, const vector *gradients, const vector *ring, vector *sums,
                               struct soon *soon)
{
    const int back = back_row(k), row = forward_row(k);
    const long plane = (long)k->back_rows * back, read = (long)k->ring_rows * row;
    const int pairs = k->inputs * k->kernel_x, taps = k->kernel_y * k->kernel_x;
    const int is_one = first == 0 && last == k->rows, is_last = last == k->rows;
    float *partial = w->state->partial + w->block * PARTIALS;
    const vector *left[MOST_ROWS], *right[MOST_ROWS];
    int offsets[MOST_TILE];
    float reduced[MOST_TILE * MOST_TILE];
    for (int j = 0; j < k->kernel_y; j++) {
        for (const struct outer *o = outers + k->outer; o->size; o++)
            for (const struct outer *i = outers + k->inner; i->size; i++) {
                vector *own = sums;
                if (is_one)
                    clear_vectors(own, o->size * i->size);
                else
                    own += ((long)o->first * k->kernel_y + j * o->size) * pairs +
                           o->size * i->first;
                for (int n = 0; n < i->size; n++) {
                    const int channel = (i->first + n) / k->kernel_x;
                    const int column = (i->first + n) % k->kernel_x;
                    offsets[n] = (int)(channel * read) + column * k->dilation_x - k->left;
                }
                int count = 0;
                for (int y = first; y <= last; y++) {
                    const int from = y * k->stride_y - k->top + j * k->dilation_y;
                    if (y < last && from >= 0 && from < k->height) {
                        left[count] = gradients + (long)(y % k->back_rows) * back + back_left(k) +
                                      o->first * plane;
                        right[count++] = ring + (long)(from % k->ring_rows) * row + k->left;
                    }
                    if (count == MOST_ROWS || (y == last && count)) {
                        products[o->size][i->size](left, right, count, plane, offsets, k->stride_x,
                                                   k->columns, own, soon);
                        count = 0;
                    }
                }
                if (!is_last)
                    continue;
                sums_over_lanes(own, o->size * i->size, w->lanes, reduced);
                for (int m = 0; m < o->size; m++)
                    for (int n = 0; n < i->size; n++) {
                        const int channel = (i->first + n) / k->kernel_x;
                        const int column = (i->first + n) % k->kernel_x;
                        const int to = g * k->outputs + o->first + m;
                        partial[((long)to * k->inputs + channel) * taps + j * k->kernel_x + column] =
                            reduced[m * i->size + n];
                    }
            }
    }
}

/* The same by Winograd's tiles: of vectors over images, whose lanes are added up at the end. */
PART void winograd_products(const struct worker *w, const struct kernel *k, int is_one, int is_last,
                            const vector *given, const vector *read, int count, vector *sums,
                            float *partial, struct soon *soon)
{
    for (const struct outer *o = outers + k->outer; o->size; o++)
        for (const struct outer *i = outers + k->inner; i->size; i++) {
            const vector *left = given + (long)o->first * count;
            const vector *right = read + (long)i->first * count;
            vector *tile = sums;
            int offsets[MOST_TILE];
            float each[MOST_TILE * MOST_TILE];
            for (int n = 0; n < i->size; n++)
                offsets[n] = n * count;
            if (is_one)
                clear_vectors(tile, o->size * i->size);
            else
                tile += (long)o->first * k->inputs + o->size * i->first;
            products[o->size][i->size](&left, &right, 1, count, offsets, 1, count, tile, soon);
            if (!is_last)
                continue;
            sums_over_lanes(tile, o->size * i->size, w->lanes, each);
            for (int m = 0; m < o->size; m++)
                for (int n = 0; n < i->size; n++)
                    partial[(long)(o->first + m) * k->inputs + i->first + n] =
                        each[m * i->size + n];
        }
}

/* The same of vectors over inputs. */
PART void winograd_spreads(const struct worker *w, const struct kernel *k, int adds,
                           const vector *given, vector *read, int count, float *partial,
                           struct soon *soon)
{
    turn_around(read, k->inputs, count);
    for (const struct outer *o = outers + k->outer; o->size; o++)
        for (int i = 0, size; i < k->inputs; i += size * LANES) {
            const int left = (k->inputs - i) / LANES;
            size = left == 4 ? 2 : least_of(left, 3);
            spreads[o->size][size]((const float *)(given + (long)o->first * count),
                                   (long)count * LANES, read + (long)i * count, count, w->lanes,
                                   partial + (long)o->first * k->inputs + i, k->inputs, adds, soon);
        }
}

ALONE void winograd_weights(const struct worker *w, const struct kernel *k, int g, int first,
                            int last, const vector *gradients, const vector *ring, vector *sums,
                            vector *room, struct soon *soon)
{
    const int back = back_row(k), row = forward_row(k);
    const struct winograd own = {ring, k->ring_rows, row, k->height, (long)k->ring_rows * row,
                                 k->inputs, k->outputs, k->top, k->columns, 0, 0};
    const int count = (k->columns + 3) / 4 * ((last - first + 3) / 4);
    const long pairs = (long)k->outputs * k->inputs;
    const long in = apart_of(k->inputs, count), out = apart_of(k->outputs, count);
    vector *read = room, *given = read + FREQUENCIES * in;
    float *partial = w->state->partial + w->block * PARTIALS + g * pairs * FREQUENCIES;
    const int is_one = first == 0 && last == k->rows;
    read_tiles(&own, first, last, read);
    given_tiles(&own, first, last, gradients + back_left(k), k->back_rows, back, given);
    for (int f = 0; f < FREQUENCIES; f++, partial += pairs)
        if (is_spread(k))
            winograd_spreads(w, k, first > 0, given + f * out, read + f * in, count, partial, soon);
        else
            winograd_products(w, k, is_one, last == k->rows, given + f * out, read + f * in, count,
                              is_one ? sums : sums + f * pairs, partial, soon);
}

PART void add_bias(const struct worker *w, const struct rows *r, int channel)
{
    EACH_ROW(r)
    {
        const vector *from = IN_RING(r);
        vector sum = splat(0);
        for (int x = 0; x < r->width; x++)
            sum += from[x];
        add_to(w->state->biases + w->block * BIASES + channel, sum);
    }
}

ALONE void convolution_back(const struct worker *w, const struct kernel *k)
{
    const int row = back_row(k), rows = k->back_rows, strip = k->strip;
    const int read_row = forward_row(k);
    const long plane = (long)rows * row, read = (long)k->ring_rows * read_row;
    const int step = strip * k->stride_y;
    vector *gradients = w->scratch, *ring = gradients + plane * k->outputs;
    vector *sums = ring + read * k->inputs, *made = sums + k->sums;
    clear_vectors(gradients, plane * k->outputs + read * k->inputs);
    struct soon soon = {.count = 0};
    soon_back(&soon, w, k, 0);
    for (int g = 0; g < k->groups; g++) {
        int next = 0, done = 0;
        if (strip < k->rows && !is_spread(k))
            clear_vectors(sums, k->sums);
        for (int y0 = 0; y0 < k->rows; y0 += strip) {
            const int y1 = least_of(y0 + strip, k->rows);
            for (int o = 0; o < k->outputs; o++) {
                const int channel = g * k->outputs + o;
                const struct rows r = {y0, y1, k->columns,
                                       gradients + o * plane + back_left(k), rows, row};
                gather_gradient(w, spans + k->parts + channel,
                                k->made + channel * k->rows * k->columns, 0, &r);
                if (k->bias >= 0)
                    add_bias(w, &r, channel);
            }
            const int end = (y1 - 1) * k->stride_y - k->top + (k->kernel_y - 1) * k->dilation_y + 1;
            const int last = least_of(end, k->height);
            if (last > next) {
                fill(w, sources + k->again + g * k->inputs, k->inputs, next, last, k->width,
                     ring + k->left, k->ring_rows, read_row);
                next = last;
            }
            if (y1 == k->rows) {
                soon.split = soon.count = 0;
                if (g + 1 < k->groups)
                    soon_back(&soon, w, k, g + 1);
            }
            begin_fetching(&soon, k, y1 < k->rows ? next : 0, y1 < k->rows ? y1 : 0,
                           products_of(k, y1 - y0) * (k->shares < 0 ? 1 : 2));
            if (k->winograd)
                winograd_weights(w, k, g, y0, y1, gradients, ring, sums,
                                 made + (long)step * k->width * k->inputs, &soon);
            else
                convolution_weights(w, k, g, y0, y1, gradients, ring, sums, &soon);
            if (k->shares < 0)
                continue;
            const int until = y1 == k->rows ? k->height
                                            : least_of(k->height, y1 * k->stride_y - k->top);
            for (; done < until; done = least_of(until, done + step))
                convolution_back_rows(w, k, g, done, least_of(until, done + step), gradients, made,
                                      &soon);
        }
    }
}

/* The gradients of all blocks together. */
ALONE void convolution_finish(const struct state *t, const struct kernel *k)
{
    const long pairs = (long)k->outputs * k->inputs, each = k->kernel_y * k->kernel_x;
    const long count = k->groups * pairs * (k->winograd ? FREQUENCIES : each);
    float *to = t->gradients[k->weight], *all = k->winograd ? t->partial : to;
    for (long b = k->winograd; b < t->blocks; b++) {
        const float *partial = t->partial + b * PARTIALS;
        for (long i = 0; i < count; i++)
            all[i] += partial[i];
    }
    for (int g = 0; k->winograd && g < k->groups; g++)
        for (long i = 0; i < pairs; i += WINDOWS)
            turned_back(all + g * pairs * FREQUENCIES + i, pairs,
                        pairs - i < WINDOWS ? (int)(pairs - i) : WINDOWS, to + (g * pairs + i) * 9);
    if (k->bias < 0)
        return;
    for (int o = 0; o < k->groups * k->outputs; o++) {
        double all = 0;
        for (long b = 0; b < t->blocks; b++)
            all += over_lanes(t->biases + b * BIASES + o, lanes_of(t, b));
        t->gradients[k->bias][o] += (float)all;
    }
}

static void pack_weights(const struct state *t, const struct kernel *k)
{
    if (k->winograd) {
        pack_transformed(t, k, 0);
        if (k->shares >= 0)
            pack_transformed(t, k, 1);
        return;
    }
    const float *from = t->parameters[k->weight];
    const int taps = k->kernel_y * k->kernel_x;
    float *to = t->packed + k->packed;
    for (int g = 0; g < k->groups; g++)
        for (const struct tile *tile = tiles + k->forward; tile->size; tile++)
            for (int i = 0; i < k->inputs; i++)
                for (int tap = 0; tap < taps; tap++)
                    for (int o = 0; o < tile->size; o++)
                        *to++ = from[((long)(g * k->outputs + tile->first + o) * k->inputs + i) *
                                         taps + tap];
    if (k->shares < 0)
        return;
    to = t->packed + k->packed_back;
    for (int g = 0; g < k->groups; g++)
        for (int phase = 0; phase < least_of(k->stride_x, k->width); phase++)
            for (const struct tile *tile = tiles + k->back; tile->size; tile++)
                for (int o = 0; o < k->outputs; o++)
                    for (int y = 0; y < k->kernel_y; y++)
                        for (int x = 0; x < k->kernel_x; x++) {
                            const int at = phase + k->left - x * k->dilation_x;
                            if (below(at, k->stride_x) * k->stride_x != at)
                                continue;
                            for (int i = 0; i < tile->size; i++)
                                *to++ = from[((long)(g * k->outputs + o) * k->inputs + tile->first +
                                              i) * taps + y * k->kernel_x + x];
                        }
}
