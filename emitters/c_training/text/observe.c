/* What functions and pools have read, whose slopes depend on it, after a forward pass. */
int ${name}_observe(void *memory, long images, int threads, float *const *to);
int ${name}_observe(void *memory, long images, int threads, float *const *to)
{
    const struct state t = state_of(memory, images, threads);
    for (long b = 0; b < t.blocks; b++) {
        const struct worker w = worker_of(&t, 0, b);
        for (int o = 0; o < BENDS; o++)
            give(&w, outputs + OUTPUTS + o, to[o]);
    }
    return 0;
}
