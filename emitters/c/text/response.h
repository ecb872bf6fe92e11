#if LANES == 16 && defined(__AVX512F__)
PART vector root_of_each(vector y) { return (vector)_mm512_sqrt_ps((__m512)y); }
#elif LANES == 8 && defined(__AVX__)
PART vector root_of_each(vector y) { return (vector)_mm256_sqrt_ps((__m256)y); }
#elif LANES == 4 && defined(__SSE2__)
PART vector root_of_each(vector y) { return (vector)_mm_sqrt_ps((__m128)y); }
#else
PART vector root_of_each(vector y)
{
    float each[LANES];
    store(each, y);
    for (int i = 0; i < LANES; i++)
        each[i] = sqrtf(each[i]);
    return load(each);
}
#endif

PART vector raised(vector y, float beta)
{
    float each[LANES];
    if (beta == 0.75f) {
        const vector half = root_of_each(y);
        return half * root_of_each(half);
    }
    if (beta == 0.5f)
        return root_of_each(y);
    store(each, y);
    for (int i = 0; i < LANES; i++)
        each[i] = powf(each[i], beta);
    return load(each);
}

/* A row of channel `c` over a power of the squares around it, `at` being where it begins in a plane. A
   row of each plane lies together, so it is read as a row. */
PART void response_norm(const float *ws, const int *planes, int channels, int c, int at, float *y,
                        int width, int size, float share, float beta, float k)
{
    const int first = c - size / 2 > 0 ? c - size / 2 : 0;
    const int last = c + (size - 1) / 2 < channels ? c + (size - 1) / 2 : channels - 1;
    for (int x = 0; x < width; x += LANES) {
        total sum = {0};
        for (int i = first; i <= last; i++) {
            const vector near = load(ws + planes[i] + at + x);
            add_to(&sum, near * near);
        }
        const vector base = splat(k) + splat(share) * nearest(&sum);
        store(y + x, load(ws + planes[c] + at + x) / raised(base, beta));
    }
}
