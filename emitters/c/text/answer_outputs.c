
/* Prints the outputs. */
static void answer(const float *output)
{
    for (int i = 0; i < ${macro}_OUTPUT; i++)
        printf("\t%.9g", (double)output[i]);
    fputc('\n', stdout);
}
