/* $name: $signature, written by henet-arch $version. */
#ifndef ${macro}_NETWORK_H
#define ${macro}_NETWORK_H

#define ${macro}_DIGEST $digest /* of all that was emitted with this file */
#define ${macro}_INPUT $input /* floats of one image: $shape */
#define ${macro}_OUTPUT $output /* floats: $outputs */
#define ${macro}_WORKSPACE $workspace /* bytes, at any address */
#define ${macro}_STACK $stack /* bytes of the stack at most, if the code is optimized */
$feature_header
#ifdef __cplusplus
extern "C" {
#endif

/* One image, row by row and channel by channel, to the network's outputs, one after the other.

   All memory is the caller's: nothing is allocated, and nothing is kept between two calls, so several
   threads can call at once, each with a workspace of its own.

   Returns 0, or 1 if a pointer is null. */
int ${name}_forward(const float *input, float *output, void *workspace);
$image_header$class_header
#ifdef __cplusplus
}
#endif
#endif
