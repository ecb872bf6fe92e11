
#define SHOWN $shown

/* The share of class `i`, where `best` has the highest score. */
static double share(const float *output, int i, int best)
{
$share
}

/* Prints the $shown best classes, each with its share. */
static void answer(const float *output)
{
    int best[SHOWN];
    for (int rank = 0; rank < SHOWN; rank++) {
        best[rank] = -1;
        for (int i = 0; i < $classes; i++) {
            int fresh = 1;
            for (int r = 0; r < rank; r++)
                fresh = fresh && best[r] != i;
            if (fresh && (best[rank] < 0 || output[i] > output[best[rank]]))
                best[rank] = i;
        }
        fputc('\t', stdout);
        $print;
        printf("\t%.2f %%", 100 * share(output, best[rank], best[0]));
    }
    fputc('\n', stdout);
}
