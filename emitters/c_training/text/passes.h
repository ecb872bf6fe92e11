/* The passes over all kernels, on the blocks of one thread. */
PART struct worker worker_of(const struct state *t, int index, long block)
{
    const struct worker w = {t, t->planes + block * PLANES, t->scratch + (long)index * SCRATCH,
                             block, lanes_of(t, block)};
    return w;
}

/* Images by rows, whatever their strides, to vectors of the same element of each image. */
ALONE void bring(const struct worker *w, const float *from, const long *strides, int plane,
                  int channels, int height, int width)
{
    float *to = (float *)(w->planes + plane);
    const long first = w->block * LANES;
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, to += LANES)
                for (int i = 0; i < LANES; i++)
                    to[i] = i < w->lanes ? from[(first + i) * strides[0] + c * strides[1] +
                                                y * strides[2] + x * strides[3]]
                                         : 0;
}

static void give(const struct worker *w, const struct output *o, float *to)
{
    vector *made = w->scratch;
    for (int c = 0; c < o->channels; c++) {
        gather_run(w, sources + o->sources + c, 0, o->pixels, made);
        for (int i = 0; i < w->lanes; i++)
            for (int x = 0; x < o->pixels; x++)
                to[((w->block * LANES + i) * o->channels + c) * o->pixels + x] =
                    ((const float *)(made + x))[i];
    }
}

static void take(const struct worker *w, const struct output *o, const float *from)
{
    vector *given = w->scratch;
    for (int c = 0; c < o->channels; c++) {
        for (int x = 0; x < o->pixels; x++)
            for (int i = 0; i < LANES; i++)
                ((float *)(given + x))[i] =
                    i < w->lanes
                        ? from[((w->block * LANES + i) * o->channels + c) * o->pixels + x]
                        : 0;
        hand_all_back(w, spans + o->shares + c, 0, o->pixels, given);
    }
}

static void kernel_forward(const struct worker *w, const struct kernel *k)
{
    const struct state *t = w->state;
    switch (k->type) {
    case GIVEN:
        bring(w, t->input, t->strides, k->made, k->outputs, k->rows, k->columns);
        if (k->stats >= 0)
            note_moments(w, k);
        break;
    case CONVOLUTION: convolution_forward(w, k); break;
    case SUM:
        if (k->mask >= 0) {
            const long pixels = (long)k->rows * k->columns;
            const long strides[4] = {k->outputs * pixels, pixels, k->columns, 1};
            bring(w, t->masks[k->dropout], strides, k->mask, k->outputs, k->rows, k->columns);
        }
        if (!k->rides)
            sum_forward(w, k);
        break;
    default: pool_forward(w, k);
    }
}

static void kernel_back(const struct worker *w, const struct kernel *k)
{
    switch (k->type) {
    case GIVEN: break;
    case CONVOLUTION: convolution_back(w, k); break;
    case SUM: sum_back(w, k); break;
    default: pool_back(w, k);
    }
}

/* A block goes through all kernels up to the next whose norms are of all blocks. */
static void go_forward(const struct state *t, int index)
{
    for (int k = 0, end; k < KERNELS; k = end) {
        for (end = k + 1; end < KERNELS && !kernels[end - 1].normed;)
            end++;
        for (long b; (b = taken(t)) < t->blocks;) {
            const struct worker w = worker_of(t, index, b);
            for (int i = k; i < end; i++)
                kernel_forward(&w, kernels + i);
        }
        if (!is_last(t))
            continue;
        const struct kernel *own = kernels + end - 1;
        for (int n = 0; n < own->normed; n++)
            normalise(t, norms + normed[own->norms + n], normed[own->norms + n]);
        go_on(t);
    }
    for (long b; (b = taken(t)) < t->blocks;) {
        const struct worker w = worker_of(t, index, b);
        for (int o = 0; o < OUTPUTS; o++)
            give(&w, outputs + o, t->outputs[o]);
    }
}

/* What comes between kernels: sums over all blocks. */
static void between_back(const struct state *t, int before, int next)
{
    if (before < KERNELS && kernels[before].type == CONVOLUTION)
        convolution_finish(t, kernels + before);
    if (next < 0)
        return;
    const struct kernel *own = kernels + next;
    for (int n = 0; n < own->normed; n++)
        normalise_back(t, norms + normed[own->norms + n], normed[own->norms + n]);
    if (own->type == CONVOLUTION && own->bias >= 0)
        for (long b = 0; b < t->blocks; b++)
            for (int i = 0; i < BIASES; i++)
                t->biases[b * BIASES + i] = (total){0};
}

static void go_back(const struct state *t, int index)
{
    for (long b; (b = taken(t)) < t->blocks;) {
        const struct worker w = worker_of(t, index, b);
        for (const struct span *c = cleared; c->count; c++)
            clear_vectors(w.planes + c->first, c->count);
        for (int o = 0; o < OUTPUTS; o++)
            take(&w, outputs + o, t->given[o]);
    }
    for (int k = KERNELS; k >= 0; k--) {
        if (is_last(t)) {
            between_back(t, k, k - 1);
            go_on(t);
        }
        for (long b; k && (b = taken(t)) < t->blocks;) {
            const struct worker w = worker_of(t, index, b);
            kernel_back(&w, kernels + k - 1);
        }
    }
}
