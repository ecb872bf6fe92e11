/* Batch norms, between the kernels: statistics of the batch, and gradients of factor and shift. */

/* From the means and variances of all images, in the order of the images. */
PART void statistics(const struct state *t, const struct norm *n, double *mean, double *variance)
{
    const double pixels = n->pixels, part = 1 / pixels;
    double all = 0, squares = 0;
    for (int round = 0; round < 2; round++) {
        const double center = all / (double)t->images;
        for (long b = 0; b < t->blocks; b++) {
            const struct moments *m = t->moments + b * MOMENTS + n->stats;
            const double *sum = (const double *)&m->sum, *square = (const double *)&m->squares;
            const float *first = (const float *)&m->first;
            const int lanes = lanes_of(t, b);
            for (int i = 0; i < lanes; i++) {
                const double own = (double)first[i] + sum[i] * part, off = own - center;
                if (round == 0)
                    all += own;
                else
                    squares += square[i] - sum[i] * sum[i] * part + pixels * off * off;
            }
        }
    }
    *mean = all / (double)t->images;
    *variance = squares > 0 ? squares / ((double)t->images * pixels) : 0;
}

static void normalise(const struct state *t, const struct norm *n, int index)
{
    const double count = (double)t->images * n->pixels;
    double mean, variance;
    statistics(t, n, &mean, &variance);
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
    t->offset[index] = (float)(-scale * s / count);
}
