/* $name: $signature, a training step, written by henet-arch $version.

   All memory is the caller's. `memory` begins at a multiple of 64 bytes, best of 2 MB, and holds
   ${name}_bytes(images, threads) bytes from a forward pass to the backward pass of the same batch.
   Steps of two networks, or of one in two memories, can run at once. Results do not depend on
   `threads`. */
#ifndef ${macro}_TRAINING_H
#define ${macro}_TRAINING_H

#include <stddef.h>

#define ${macro}_PARAMETERS $parameters /* arrays of parameters, in this order:
$parameter_list */
#define ${macro}_RUNNING $running /* arrays of running statistics, in this order:
$running_list */
#define ${macro}_NORMS $norms /* batch norms that run, in their order in the network */
#define ${macro}_DROPOUTS $dropouts /* of which one mask each is given: 0, or 1 / (1 - p) */
#define ${macro}_OUTPUTS $outputs /* arrays of outputs: $output_list */

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of memory for so many images; 0 where there are none. */
size_t ${name}_bytes(long images, int threads);

/* The outputs of a batch; running statistics take their share of it.

   `input` is $input; `strides` says how many floats lie between two images,
   channels, rows and columns. `momenta` has the share of the batch in each norm's statistics.
   Returns 0, or 1 if there is no memory, image or thread. */
int ${name}_forward(void *memory, long images, int threads, const float *input,
                    const long strides[4], const float *const *parameters, float *const *running,
                    const float *momenta, const float *const *masks, float *const *outputs);

/* The gradients of all parameters, from those of the outputs, of the batch that ran last. */
int ${name}_backward(void *memory, long images, int threads, const float *const *parameters,
                     const float *const *output_gradients, float *const *gradients);

#ifdef __cplusplus
}
#endif
#endif
