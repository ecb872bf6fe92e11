/* How memory is shared out: what all blocks have, then each block's planes, from one address on. */
struct layout {
    size_t planes, numbers, moments, sums, biases, packed, partial, scratch, all;
};

PART size_t rounded(size_t bytes) { return (bytes + 4095) / 4096 * 4096; }

static struct layout layout_of(long images, int threads)
{
    const size_t blocks = ((size_t)images + LANES - 1) / LANES;
    struct layout l;
    l.planes = 0;
    l.numbers = l.planes + rounded(blocks * PLANES * sizeof(vector));
    l.moments = l.numbers + rounded(6 * NORMS * sizeof(float));
    l.sums = l.moments + rounded(blocks * MOMENTS * sizeof(struct moments));
    l.biases = l.sums + rounded(blocks * NORMS * 2 * sizeof(total));
    l.packed = l.biases + rounded(blocks * BIASES * sizeof(total));
    l.partial = l.packed + rounded(PACKED * sizeof(float));
    l.scratch = l.partial + rounded(blocks * PARTIALS * sizeof(float));
    l.all = l.scratch + rounded((size_t)threads * SCRATCH * sizeof(vector));
    return l;
}

static struct state state_of(void *memory, long images, int threads)
{
    const struct layout l = layout_of(images, threads);
    char *at = memory;
    float *numbers = (float *)(at + l.numbers);
    struct state t = {
        .images = images,
        .blocks = (images + LANES - 1) / LANES,
        .planes = (vector *)(at + l.planes),
        .scale = numbers,
        .shift = numbers + NORMS,
        .mean = numbers + 2 * NORMS,
        .slope = numbers + 3 * NORMS,
        .offset = numbers + 4 * NORMS,
        .curve = numbers + 5 * NORMS,
        .moments = (struct moments *)(at + l.moments),
        .sums = (total *)(at + l.sums),
        .biases = (total *)(at + l.biases),
        .packed = (float *)(at + l.packed),
        .partial = (float *)(at + l.partial),
        .scratch = (vector *)(at + l.scratch),
        .threads = threads < MOST_THREADS ? threads : MOST_THREADS,
    };
    return t;
}

size_t ${name}_bytes(long images, int threads);
int ${name}_forward(void *memory, long images, int threads, const float *input,
                    const long strides[4], const float *const *parameters, float *const *running,
                    const float *momenta, const float *const *masks, float *const *given);
int ${name}_backward(void *memory, long images, int threads, const float *const *parameters,
                     const float *const *given, float *const *gradients);

size_t ${name}_bytes(long images, int threads)
{
    return images < 1 || threads < 1 ? 0 : layout_of(images, threads).all;
}

int ${name}_forward(void *memory, long images, int threads, const float *input,
                    const long strides[4], const float *const *parameters, float *const *running,
                    const float *momenta, const float *const *masks, float *const *given)
{
    if (!memory || images < 1 || threads < 1)
        return 1;
    struct state t = state_of(memory, images, threads);
    memset(t.moments, 0, (size_t)((char *)t.packed - (char *)t.moments));
    t.input = input;
    memcpy(t.strides, strides, sizeof t.strides);
    t.parameters = parameters;
    t.running = running;
    t.momenta = momenta;
    t.masks = masks;
    t.outputs = given;
    for (int k = 0; k < KERNELS; k++)
        if (kernels[k].type == CONVOLUTION)
            pack_weights(&t, kernels + k);
    run(&t);
    return 0;
}

int ${name}_backward(void *memory, long images, int threads, const float *const *parameters,
                     const float *const *given, float *const *gradients)
{
    if (!memory || images < 1 || threads < 1)
        return 1;
    struct state t = state_of(memory, images, threads);
    t.parameters = parameters;
    t.given = given;
    t.gradients = gradients;
    t.is_back = 1;
    for (int i = 0; i < PARAMETERS; i++)
        memset(gradients[i], 0, (size_t)sizes[i] * sizeof(float));
    run(&t);
    return 0;
}
