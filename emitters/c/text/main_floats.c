
/* Refuses what is no input. */
static int images(int count, char **paths, float *input, float *output, void *workspace)
{
    (void)count, (void)input, (void)output, (void)workspace;
    fprintf(stderr, "%s does not hold %d floats; $why\n", paths[0], ${macro}_INPUT);
    return 2;
}
