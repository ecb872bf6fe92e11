/* Pools and sums, a plane at a time. */
PART int pool_divisor(const struct kernel *k, int y, int x)
{
    if (k->divisor)
        return k->divisor;
    int top = y * k->stride_y - k->top, left = x * k->stride_x - k->left;
    int end = least_of(top + k->kernel_y, k->height + k->bottom);
    int right = least_of(left + k->kernel_x, k->width + k->right);
    const int whole = (end - top) * (right - left);
    top = most_of(top, 0), left = most_of(left, 0);
    end = least_of(end, k->height), right = least_of(right, k->width);
    return k->counts_padding ? whole : most_of((end - top) * (right - left), 1);
}

struct bounds {
    int top, bottom, left, right;
};

PART struct bounds pool_bounds(const struct kernel *k, int y, int x)
{
    const int top = y * k->stride_y - k->top, left = x * k->stride_x - k->left;
    const struct bounds b = {most_of(top, 0), least_of(top + k->kernel_y, k->height),
                             most_of(left, 0), least_of(left + k->kernel_x, k->width)};
    return b;
}

ALONE void pool_forward(const struct worker *w, const struct kernel *k)
{
    const long read = (long)k->height * k->width, count = (long)k->rows * k->columns;
    vector *from = w->scratch, *made = from + read;
    for (int c = 0; c < k->inputs; c++) {
        gather_run(w, sources + k->sources + c, 0, read, from);
        for (int y = 0; y < k->rows; y++)
            for (int x = 0; x < k->columns; x++) {
                const struct bounds b = pool_bounds(k, y, x);
                vector sum = splat(k->type == LARGEST ? -INFINITY : 0);
                for (int i = b.top; i < b.bottom; i++)
                    for (int j = b.left; j < b.right; j++) {
                        const vector each = from[(long)i * k->width + j];
                        sum = k->type == LARGEST ? greatest(sum, each) : sum + each;
                    }
                if (k->type == AVERAGE)
                    sum = sum / splat((float)pool_divisor(k, y, x));
                made[(long)y * k->columns + x] = sum;
            }
        keep_made(w, k->made + c * (int)count, k->stats < 0 ? -1 : k->stats + c, 0, count, made);
    }
}

/* The largest element of a window takes the gradient, the first of equal ones. */
PART void give_to_largest(const struct kernel *k, struct bounds b, const vector *from, vector given,
                          vector *to)
{
    vector largest = splat(-INFINITY), place = splat(-1);
    for (int i = b.top; i < b.bottom; i++)
        for (int j = b.left; j < b.right; j++) {
            const vector each = from[(long)i * k->width + j];
            const mask is = (each > largest) | (each != each);
            largest = either(is, each, largest);
            place = either(is, splat((float)((i - b.top) * k->kernel_x + j - b.left)), place);
        }
    for (int i = b.top; i < b.bottom; i++)
        for (int j = b.left; j < b.right; j++)
            to[(long)i * k->width + j] +=
                either(place == splat((float)((i - b.top) * k->kernel_x + j - b.left)), given,
                       splat(0));
}

ALONE void pool_back(const struct worker *w, const struct kernel *k)
{
    const long read = (long)k->height * k->width, count = (long)k->rows * k->columns;
    vector *from = w->scratch, *given = from + read, *made = given + count;
    if (k->shares < 0)
        return;
    for (int c = 0; c < k->inputs; c++) {
        if (k->type == LARGEST)
            gather_run(w, sources + k->again + c, 0, read, from);
        gradient_run(w, spans + k->parts + c, k->made + c * (int)count, 0, count, given);
        clear_vectors(made, read);
        for (int y = 0; y < k->rows; y++)
            for (int x = 0; x < k->columns; x++) {
                const struct bounds b = pool_bounds(k, y, x);
                const vector each = given[(long)y * k->columns + x];
                if (k->type == LARGEST) {
                    give_to_largest(k, b, from, each, made);
                    continue;
                }
                const vector part = each / splat((float)pool_divisor(k, y, x));
                for (int i = b.top; i < b.bottom; i++)
                    for (int j = b.left; j < b.right; j++)
                        made[(long)i * k->width + j] += part;
            }
        hand_all_back(w, spans + k->shares + c, 0, read, made);
    }
}

ALONE void sum_forward(const struct worker *w, const struct kernel *k)
{
    const long count = (long)k->rows * k->columns;
    vector *made = w->scratch;
    for (int c = 0; c < k->inputs; c++)
        for (long at = 0; at < count; at += RUN) {
            const long length = count - at < RUN ? count - at : RUN;
            gather_run(w, sources + k->sources + c, at, length, made);
            keep_made(w, k->made + c * (int)count, k->stats < 0 ? -1 : k->stats + c, at, length,
                      made);
        }
}

ALONE void sum_back(const struct worker *w, const struct kernel *k)
{
    const long count = (long)k->rows * k->columns;
    vector *given = w->scratch;
    if (k->shares < 0)
        return;
    for (int c = 0; c < k->inputs; c++)
        for (long at = 0; at < count; at += RUN) {
            const long length = count - at < RUN ? count - at : RUN;
            gradient_run(w, spans + k->parts + c, k->made + c * (int)count, at, length, given);
            if (k->mask >= 0) {
                const vector *kept = w->planes + k->mask + c * count + at;
                for (long x = 0; x < length; x++)
                    given[x] *= kept[x];
            }
            hand_all_back(w, spans + k->shares + c, at, length, given);
        }
}

/* The moments of an image that goes into a batch norm as it is. */
ALONE void note_moments(const struct worker *w, const struct kernel *k)
{
    const long count = (long)k->rows * k->columns;
    for (int c = 0; c < k->outputs; c++)
        for (long at = 0; at < count; at += RUN) {
            const int place = k->made + c * (int)count;
            keep_made(w, place, k->stats + c, at, count - at < RUN ? count - at : RUN,
                      w->planes + place + at);
        }
}
