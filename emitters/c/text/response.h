/* Each channel over a power of the squares around it, at the places from `at` on. */
PART vector root_of_each(vector y)
{
    float each[LANES];
    store(each, y);
    for (int i = 0; i < LANES; i++)
        each[i] = sqrtf(each[i]);
    return load(each);
}

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

PART void response_norm(const float *ws, const int *planes, int channels, int at, float *y,
                        int size, float share, float beta, float k)
{
    for (int c = 0; c < channels; c++) {
        const int first = c - size / 2 > 0 ? c - size / 2 : 0;
        const int last = c + (size - 1) / 2 < channels ? c + (size - 1) / 2 : channels - 1;
        total sum = {0};
        for (int i = first; i <= last; i++) {
            const vector x = load(ws + planes[i] + at);
            add_to(&sum, x * x);
        }
        const vector base = splat(k) + splat(share) * nearest(&sum);
        store(y + c * LANES, load(ws + planes[c] + at) / raised(base, beta));
    }
}
