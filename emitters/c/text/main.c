/* Runs $name on one image and times it:

       ./$name [INPUT [RUNS]]

   INPUT is a file of ${macro}_INPUT floats as they lie in memory; without one it is made up.$usage */
#include "$name.h"

$math#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Prints a text without what a terminal would obey. */
static void print_plain(const char *text, FILE *to)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        const int control = *c < 32 || *c == 127, late = *c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;
        fputc(control || late ? '?' : *c, to);
        c += late;
    }
}

static const char cannot_open[] = "cannot be opened", cannot_read[] = "cannot be read: is it a folder?";

/* Reads a file that holds one input, and neither anything else nor an image of the same size.
   Returns NULL, or what is wrong. */
static const char *read_input(const char *path, float *input)
{
    const char *start = (const char *)input;
    FILE *file = fopen(path, "rb");
    if (!file)
        return cannot_open;
    const size_t found = fread(input, sizeof(float), ${macro}_INPUT, file);
    const int ends = getc(file) == EOF, fails = ferror(file);
    fclose(file);
    if (fails)
        return cannot_read;
    const int is_image = start[0] == 'P' && (start[1] == '5' || start[1] == '6') && is_space(start[2]);
    return found != ${macro}_INPUT || !ends || is_image ? "holds something else" : NULL;
}

static int usage(FILE *to, int code)
{
    fprintf(to, "usage: ./$name [INPUT [RUNS]]\n$other_usage\n"
                "INPUT is a file of %d floats; without one it is made up.\n"
                "RUNS is how often it is run and timed: 1000 times without it.\n", ${macro}_INPUT);
    return code;
}

/* The number that a text holds, and nothing else; 0 where it holds none. */
static long whole(const char *text)
{
    char *end;
    const long value = strtol(text, &end, 10);
    return *end ? 0 : value;
}

/* Prints the outputs, and how long one run takes. */
static int timed(long runs, const float *input, float *output, void *workspace)
{
    double *times = runs > 0 ? calloc((size_t)runs, sizeof(double)) : NULL;
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
    if (count > 1 && words[1][0]) {
        if (!strcmp(words[1], "-h") || !strcmp(words[1], "--help"))
            return usage(stdout, 0);
        const char *fault = read_input(words[1], input);
        if (fault)
            return images(count - 1, words + 1, fault, input, output, workspace);
    } else {
        for (int i = 0; i < ${macro}_INPUT; i++)
            input[i] = (float)(i % 101 * 37 % 101) / 50 - 1;
    }
    if (count > 3)
        return usage(stderr, 2);
    return timed(count > 2 ? whole(words[2]) : 1000, input, output, workspace);
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
