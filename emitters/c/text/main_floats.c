
/* Refuses what is no input. */
static int images(int count, char **paths, const char *fault, float *input, float *output, void *workspace)
{
    (void)count, (void)input, (void)output, (void)workspace;
    print_plain(paths[0], stderr);
    if (fault == cannot_open || fault == cannot_read)
        fprintf(stderr, " %s\n", fault);
    else
        fprintf(stderr, " does not hold %d floats; $why\n", ${macro}_INPUT);
    return 2;
}
