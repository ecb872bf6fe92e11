/* Batch norms, between the kernels: statistics of the batch, and gradients of factor and shift. */
static void normalise(const struct state *t, const struct norm *n, int index)
{
    const double count = (double)t->images * n->pixels;
    double s = 0, q = 0;
    for (long b = 0; b < t->blocks; b++) {
        const total *sums = t->moments + (b * MOMENTS + n->stats) * 2;
        s += over_lanes(sums, lanes_of(t, b));
        q += over_lanes(sums + 1, lanes_of(t, b));
    }
    const double mean = s / count;
    double variance = q / count - mean * mean;
    variance = variance > 0 ? variance : 0;
    const double scale = (n->weight < 0 ? 1 : (double)t->parameters[n->weight][n->channel]) /
                         sqrt(variance + (double)n->eps);
    t->scale[index] = (float)scale;
    t->mean[index] = (float)mean;
    t->shift[index] =
        (float)((n->bias < 0 ? 0 : (double)t->parameters[n->bias][n->channel]) - mean * scale);
    t->slope[index] = (float)(1 / sqrt(variance + (double)n->eps));
    const double part = (double)t->momenta[n->momentum];
    const double bias = n->shift < 0 ? 0 : (double)t->parameters[n->shift][n->shift_channel];
    float *running = t->running[n->running] + n->channel;
    *running = (float)((1 - part) * (double)*running + part * (mean + bias));
    running = t->running[n->running + 1] + n->channel;
    *running = (float)((1 - part) * (double)*running + part * variance * count / (count - 1));
}

static void normalise_back(const struct state *t, const struct norm *n, int index)
{
    const double count = (double)t->images * n->pixels;
    double s = 0, q = 0;
    for (long b = 0; b < t->blocks; b++) {
        const total *sums = t->sums + (b * NORMS + index) * 2;
        s += over_lanes(sums, lanes_of(t, b));
        q += over_lanes(sums + 1, lanes_of(t, b));
    }
    const double inverse = (double)t->slope[index], scale = (double)t->scale[index];
    if (n->weight >= 0)
        t->gradients[n->weight][n->channel] += (float)(q * inverse);
    if (n->bias >= 0)
        t->gradients[n->bias][n->channel] += (float)s;
    const double curve = scale * inverse * inverse * q / count;
    t->slope[index] = (float)scale;
    t->curve[index] = (float)curve;
    t->offset[index] = (float)(curve * (double)t->mean[index] - scale * s / count);
}
