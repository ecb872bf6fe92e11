/* What all threads share, and what each has of its own. */
struct barrier;
struct moments { /* of each image of a block */
    total sum, squares; /* of the differences from the first element */
    vector first;
};
struct state {
    long images, blocks;
    vector *planes;     /* of all blocks */
    float *scale, *shift, *mean, *slope, *offset, *curve; /* of each channel of the norms */
    struct moments *moments; /* by block and channel */
    total *sums;        /* those of gradients, by block and channel of the norms */
    total *biases;      /* sums of gradients, by block and channel of one kernel */
    float *packed;      /* weights in the order in which tiles read them */
    float *partial;     /* gradients of one kernel's weights, by block */
    vector *scratch;    /* of all threads */
    const float *input;
    long strides[4];
    const float *const *parameters;
    float *const *running;
    const float *momenta;
    const float *const *masks;
    float *const *outputs;
    const float *const *given; /* gradients of the outputs */
    float *const *gradients;
    struct barrier *barrier;
    int threads;
    int is_back;
};
struct worker {
    const struct state *state;
    vector *planes; /* of the block */
    vector *scratch;
    long block;
    int lanes; /* images of the block */
};

PART int lanes_of(const struct state *t, long block)
{
    const long left = t->images - block * LANES;
    return left < LANES ? (int)left : LANES;
}

PART int least_of(int a, int b) { return a < b ? a : b; }
PART int most_of(int a, int b) { return a > b ? a : b; }

PART void clear_vectors(vector *to, long count)
{
    for (long i = 0; i < count; i++)
        to[i] = splat(0);
}

/* The sum over the images of a block. */
PART double over_lanes(const total *sum, int lanes)
{
    const double *each = (const double *)sum;
    double all = 0;
    for (int i = 0; i < lanes; i++)
        all += each[i];
    return all;
}

/* The same of many vectors. */
PART void sums_over_lanes(vector *sums, int count, int lanes, float *to)
{
#if LANES > 1
    mask inside;
    for (int i = 0; i < LANES; i++)
        inside[i] = i < lanes ? -1 : 0;
    for (int first = 0; first < count; first += LANES) {
        vector t[LANES];
        for (int i = 0; i < LANES; i++)
            t[i] = first + i < count ? (vector)((mask)sums[first + i] & inside) : splat(0);
        for (int size = LANES / 2; size; size /= 2)
            for (int i = 0; i < size; i++)
                t[i] = EVEN(t[2 * i], t[2 * i + 1]) + ODD(t[2 * i], t[2 * i + 1]);
        for (int i = 0; i < LANES && first + i < count; i++)
            to[first + i] = t[0][i];
    }
#else
    for (int i = 0; i < count; i++)
        to[i] = lanes ? sums[i] : 0;
#endif
}
