/* Long sums are made of the sums of pieces, which are added in double precision: what rounding loses
   does not grow with their length. */
#if LANES > 1
typedef double total __attribute__((vector_size(8 * LANES)));

PART void add_to(total *sum, vector piece)
{
#if defined(__clang__) || __GNUC__ >= 9
    *sum += __builtin_convertvector(piece, total);
#else
    for (int i = 0; i < LANES; i++)
        (*sum)[i] += (double)piece[i];
#endif
}

PART vector nearest(const total *sum)
{
#if defined(__clang__) || __GNUC__ >= 9
    return __builtin_convertvector(*sum, vector);
#else
    vector y = splat(0);
    for (int i = 0; i < LANES; i++)
        y[i] = (float)(*sum)[i];
    return y;
#endif
}
#else
typedef double total;

PART void add_to(total *sum, vector piece) { *sum += (double)piece; }
PART vector nearest(const total *sum) { return (vector)*sum; }
#endif

