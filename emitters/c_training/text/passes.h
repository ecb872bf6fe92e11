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

static void go_forward(const struct state *t, int index)
{
    for (int k = 0; k < KERNELS; k++) {
        const struct kernel *own = kernels + k;
        for (long b = index; b < t->blocks; b += t->threads) {
            const struct worker w = worker_of(t, index, b);
            switch (own->type) {
            case GIVEN:
                bring(&w, t->input, t->strides, own->made, own->outputs, own->rows, own->columns);
                break;
            case CONVOLUTION: convolution_forward(&w, own); break;
            case SUM:
                if (own->mask >= 0) {
                    const long pixels = (long)own->rows * own->columns;
                    const long strides[4] = {own->outputs * pixels, pixels, own->columns, 1};
                    bring(&w, t->masks[own->dropout], strides, own->mask, own->outputs, own->rows,
                          own->columns);
                }
                if (!own->rides)
                    sum_forward(&w, own);
                break;
            default: pool_forward(&w, own);
            }
            if (own->type == GIVEN && own->stats >= 0)
                note_moments(&w, own);
        }
        if (!own->normed)
            continue;
        meet(t);
        if (index == 0)
            for (int n = 0; n < own->normed; n++)
                normalise(t, norms + normed[own->norms + n], normed[own->norms + n]);
        meet(t);
    }
    for (long b = index; b < t->blocks; b += t->threads) {
        const struct worker w = worker_of(t, index, b);
        for (int o = 0; o < OUTPUTS; o++)
            give(&w, outputs + o, t->outputs[o]);
    }
}

static void go_back(const struct state *t, int index)
{
    for (long b = index; b < t->blocks; b += t->threads) {
        const struct worker w = worker_of(t, index, b);
        for (const struct span *c = cleared; c->count; c++)
            clear_vectors(w.planes + c->first, c->count);
        for (int o = 0; o < OUTPUTS; o++)
            take(&w, outputs + o, t->given[o]);
    }
    for (int k = KERNELS - 1; k >= 0; k--) {
        const struct kernel *own = kernels + k;
        meet(t);
        if (index == 0) {
            for (int n = 0; n < own->normed; n++)
                normalise_back(t, norms + normed[own->norms + n], normed[own->norms + n]);
            for (long b = 0; b < t->blocks; b++)
                for (int i = 0; i < BIASES; i++)
                    t->biases[b * BIASES + i] = (total){0};
        }
        meet(t);
        for (long b = index; b < t->blocks; b += t->threads) {
            const struct worker w = worker_of(t, index, b);
            switch (own->type) {
            case GIVEN: break;
            case CONVOLUTION: convolution_back(&w, own); break;
            case SUM: sum_back(&w, own); break;
            default: pool_back(&w, own);
            }
        }
        if (own->type != CONVOLUTION)
            continue;
        meet(t);
        if (index == 0)
            convolution_finish(t, own);
    }
}
