/* What the tables below say. Places in memory count pixels: vectors of one element of each image of
   a block. -1 stands for none. */
struct term { /* one plane, seen through a batch norm and a function */
    int plane, norm, function;
};
struct source { /* a channel that a kernel reads: the sum of terms */
    int first, count;
    int stored;   /* where the sum is kept */
    int function; /* of the sum */
    int mask;     /* what it is multiplied by */
};
struct share { /* what a kernel adds to the gradient of a plane that it has read */
    int gradient, raw, norm, function;
    int is_first; /* whether it sets the gradient; 2 past the cache */
    int pending;  /* a gradient to add to its own */
    int also, alsos; /* terms whose norms have the total for their gradient */
};
struct span { /* some of another table */
    int first, count;
};
struct part { /* a gradient of a plane: before its batch norm, or as it is stored */
    int gradient, norm;
};
struct norm { /* a channel of a batch norm */
    int stats, weight, bias, running, channel;
    int pixels;
    int shift; /* the bias of the convolution before it, which its mean does not have */
    int shift_channel;
    int momentum;
    float eps;
};
struct kernel {
    int type;
    int groups, inputs, outputs; /* channels of each group */
    int height, width, rows, columns;
    int kernel_y, kernel_x, stride_y, stride_x, top, bottom, left, right, dilation_y, dilation_x;
    int counts_padding, divisor;
    int sources, again; /* the first source, on the way forward and on the way back */
    int shares, parts;  /* the first span of shares, of gradients of what it makes */
    int made, stats;
    int mask, dropout, rides; /* whether another kernel forms the sum */
    int weight, bias, packed, packed_back;
    int strip, ring_rows, back_rows; /* rows at once; rows that are kept of what is read */
    int sums; /* room for those of weights */
    int winograd;
    int is_whole; /* whether all that it reads is stored on the way */
    int forward, back, outer, inner; /* the first tiles */
    int norms, normed; /* the norms of what it makes */
};
struct output {
    int sources, shares, channels, pixels;
};
enum { GIVEN, CONVOLUTION, AVERAGE, LARGEST, SUM };
