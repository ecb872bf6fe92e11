/* A strip goes down the columns of a plane, a vector wide. The elements of a row are loaded once, and
   stay in registers for all rows of the window. The last strip ends with the row, so some columns are
   computed twice. */

/* The lanes moved by one, and `next` behind them. */
#if LANES == 16
#define LATER 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
#elif LANES == 8
#define LATER 1, 2, 3, 4, 5, 6, 7, 8
#elif LANES > 1
#define LATER 1, 2, 3, 4
#endif
#if LANES > 1
PART vector later(vector y, float next) { return PICK(y, splat(next), LATER); }
#else
PART vector later(vector y, float next) { return (void)y, next; }
#endif

#define STRIP_ARGUMENTS                                                                        \
    const float *in, int row_in, float *ws, const float *weights, const float *bias,           \
        const int *ends, const int *kept, int row, int size
