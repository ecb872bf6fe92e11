
#define ${macro}_CHANNELS $channels /* of the input */
#define ${macro}_HEIGHT $height
#define ${macro}_WIDTH $width
#define ${macro}_LARGEST $largest /* pixels of a side of an image, at most */

$how

   The image's rows lie from above, its pixels from the left, each as $bytes:
   `channels` says how many. Nothing is allocated, and nothing is kept.

   Returns 0; 1 if a pointer is null; 2 if a side is not 1 to ${macro}_LARGEST pixels; 3 for other channels. */
int ${name}_preprocess(const unsigned char *image, int height, int width, int channels, float *input);
