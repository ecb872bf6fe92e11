/* Runs one step of net.c on made-up numbers, between walls, and prints the sum of each result. */
#define _GNU_SOURCE
#include "net.c"
#include <stdio.h>
#include <stdlib.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

static float *numbers(long count, float scale)
{
    float *made = malloc((size_t)count * sizeof *made + 1);
    for (long i = 0; i < count; i++)
        made[i] = scale * (float)((i * 37 + 11) % 101 - 50) / 50;
    return made;
}

static void print_sum(const float *values, long count)
{
    double sum = 0;
    for (long i = 0; i < count; i++)
        sum += (double)values[i] * (double)(i % 7 + 1);
    printf("%.9g\n", sum);
}

int main(int argc, char **argv)
{
    const long images = argc > 1 ? atol(argv[1]) : 1;
    const int threads = argc > 2 ? atoi(argv[2]) : 1;
    const size_t bytes = JOIN(NET, _bytes)(images, threads);
    void *memory = aligned_alloc(4096, bytes);
    float *parameters[PARAMETERS + 1], *gradients[PARAMETERS + 1], *running[2 * NORMS + 2];
    float momenta[NORMS + 1], *made[OUTPUTS], *given[OUTPUTS], *masks[64];
    const struct kernel *image = kernels;
    const long pixels = (long)image->rows * image->columns;
    long most = 0;
    float *input = numbers(images * image->outputs * pixels, 1);
    const long strides[4] = {image->outputs * pixels, pixels, image->columns, 1};
    memset(memory, 255, bytes); /* of what is no number */
    for (int i = 0; i < PARAMETERS; i++) {
        parameters[i] = numbers(sizes[i], 0.5f);
        gradients[i] = numbers(sizes[i], 1);
    }
    for (int i = 0; i < 2 * NORMS + 2; i++)
        running[i] = numbers(4096, 1);
    for (int i = 0; i <= NORMS; i++)
        momenta[i] = 0.1f;
    for (int i = 0; i < KERNELS; i++) {
        const long count = (long)kernels[i].outputs * kernels[i].rows * kernels[i].columns;
        most = count > most ? count : most;
    }
    for (int i = 0; i < 64; i++)
        masks[i] = numbers(images * most, 1);
    for (int i = 0; i < OUTPUTS; i++) {
        const long count = images * outputs[i].channels * outputs[i].pixels;
        made[i] = numbers(count, 1);
        given[i] = numbers(count, 0.1f);
    }
    JOIN(NET, _forward)(memory, images, threads, input, strides, (const float *const *)parameters,
                        running, momenta, (const float *const *)masks, made);
    JOIN(NET, _backward)(memory, images, threads, (const float *const *)parameters,
                         (const float *const *)given, gradients);
    for (int i = 0; i < OUTPUTS; i++)
        print_sum(made[i], images * outputs[i].channels * outputs[i].pixels);
    for (int i = 0; i < PARAMETERS; i++)
        print_sum(gradients[i], sizes[i]);
    return 0;
}
