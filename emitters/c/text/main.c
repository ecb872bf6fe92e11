/* Runs $name on one image and times it:

       ./$name [INPUT] [RUNS]

   INPUT is a file of ${macro}_INPUT floats as they lie in memory; without one it is made up.$usage */
#include "$name.h"

$math#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WARM_UP 50

static double microseconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Whether a file holds one input, and neither anything else nor an image of the same size. */
static int read_input(const char *path, float *input)
{
    const char *start = (const char *)input;
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    const size_t found = fread(input, sizeof(float), ${macro}_INPUT, file);
    const int ends = getc(file) == EOF;
    fclose(file);
    if (found != ${macro}_INPUT || !ends)
        return 0;
    return start[0] != 'P' || (start[1] != '5' && start[1] != '6') || !is_space(start[2]);
}

/* Prints the outputs, and how long one run takes. */
static int timed(long runs, const float *input, float *output, void *workspace)
{
    double *times = runs > 0 ? malloc((size_t)runs * sizeof(double)) : NULL;
    if (!times) {
        fprintf(stderr, "RUNS must be a number above 0, and memory must suffice\n");
        return 2;
    }
    for (long i = -WARM_UP; i < runs; i++) {
        const double start = microseconds();
        ${name}_forward(input, output, workspace);
        if (i >= 0)
            times[i] = microseconds() - start;
    }
    for (int i = 0; i < ${macro}_OUTPUT; i++)
        printf("%.9g\n", (double)output[i]);
    qsort(times, (size_t)runs, sizeof(double), by_size);
    fprintf(stderr, "%ld runs: median %.1f us, fastest %.1f us\n", runs, times[runs / 2], times[0]);
    free(times);
    return 0;
}
$images
static int run(int count, char **words, float *input, float *output, void *workspace)
{
    if (count < 2 || !words[1][0])
        for (int i = 0; i < ${macro}_INPUT; i++)
            input[i] = (float)(i % 101 * 37 % 101) / 50 - 1;
    else if (!read_input(words[1], input))
        return images(count - 1, words + 1, input, output, workspace);
    return timed(count > 2 ? strtol(words[2], NULL, 10) : 1000, input, output, workspace);
}

int main(int count, char **words)
{
    float *input = malloc(${macro}_INPUT * sizeof(float));
    float *output = malloc(${macro}_OUTPUT * sizeof(float));
    void *workspace = malloc(${macro}_WORKSPACE);
    int code = 2;
    if (input && output && workspace)
        code = run(count, words, input, output, workspace);
    else
        fprintf(stderr, "memory does not suffice\n");
    free(workspace);
    free(output);
    free(input);
    return code;
}
