/* Runs $name on one image and times it:

       ./$name [IMAGE] [RUNS]

   IMAGE is a file of ${macro}_INPUT floats as they lie in memory; without one the image is made up. */
#include "$name.h"

#include <stdio.h>
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

static int read_image(const char *path, float *input)
{
    FILE *file = fopen(path, "rb");
    const size_t found = file ? fread(input, sizeof(float), ${macro}_INPUT, file) : 0;
    if (file)
        fclose(file);
    return found == ${macro}_INPUT;
}

int main(int count, char **words)
{
    const long runs = count > 2 ? strtol(words[2], NULL, 10) : 1000;
    float *input = malloc(${macro}_INPUT * sizeof(float));
    float *output = malloc(${macro}_OUTPUT * sizeof(float));
    void *workspace = malloc(${macro}_WORKSPACE);
    double *times = runs > 0 ? malloc((size_t)runs * sizeof(double)) : NULL;
    if (!input || !output || !workspace || !times) {
        fprintf(stderr, "RUNS must be a number above 0, and memory must suffice\n");
        return 2;
    }
    for (int i = 0; i < ${macro}_INPUT; i++)
        input[i] = (float)(i % 101 * 37 % 101) / 50 - 1;
    if (count > 1 && words[1][0] && !read_image(words[1], input)) {
        fprintf(stderr, "%s does not hold %d floats\n", words[1], ${macro}_INPUT);
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
    free(workspace);
    free(output);
    free(input);
    return 0;
}
