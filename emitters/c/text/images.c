/* How an image becomes the input of $name. */
#include <math.h>
#include <stddef.h>

#define COLOURS $colours
#define HEIGHT ${macro}_HEIGHT
#define WIDTH ${macro}_WIDTH
#define PLANE (HEIGHT * WIDTH)

static const double mean[COLOURS] = {$mean}, deviation[COLOURS] = {$std};
static const double scale = $scale;

/* The pixels along one side that have a part in an element: nearer to its centre than `reach`. */
struct span {
    double centre, reach;
    int first, end;
};

static struct span span_of(int element, int size, int whole)
{
    const double step = (double)size / whole;
    struct span span = {(element + 0.5) * step, step > 1 ? step : 1, 0, size};
    if (span.centre - span.reach > 0)
        span.first = (int)(span.centre - span.reach + 0.5);
    if (span.centre + span.reach < size)
        span.end = (int)(span.centre + span.reach + 0.5);
    return span;
}

static double part_of(const struct span *span, int pixel)
{
    const double distance = fabs(pixel + 0.5 - span->centre);
    return distance < span->reach ? 1 - distance / span->reach : 0;
}

/* One of the channels that mean and deviation are of. */
static int value(const unsigned char *pixel, int channels, int c)
{
$value
}

/* The mean of the pixels around an element, normalised, to every channel of the input. */
static void store(const unsigned char *image, int width, int channels, const struct span *rows,
                  const struct span *columns, float *input)
{
    double sums[COLOURS] = {0}, total = 0;
    for (int y = rows->first; y < rows->end; y++) {
        const unsigned char *pixel = image + ((size_t)y * (size_t)width + (size_t)columns->first) * (size_t)channels;
        const double row = part_of(rows, y);
        for (int x = columns->first; x < columns->end; x++, pixel += channels) {
            const double part = row * part_of(columns, x);
            total += part;
            for (int c = 0; c < COLOURS; c++)
                sums[c] += part * value(pixel, channels, c);
        }
    }
    for (int c = 0; c < COLOURS; c++)
        sums[c] = (sums[c] / total * scale - mean[c]) / deviation[c];
$stored
}

${half}int ${name}_preprocess(const unsigned char *image, int height, int width, int channels, float *input)
{
    if (!image || !input)
        return 1;
    if (height < 1 || width < 1 || height > ${macro}_LARGEST || width > ${macro}_LARGEST)
        return 2;
    if ($refused)
        return 3;
$whole
    for (int y = 0; y < HEIGHT; y++) {
        const struct span rows = span_of(top + y, height, tall);
        for (int x = 0; x < WIDTH; x++) {
            const struct span columns = span_of(left + x, width, wide);
            store(image, width, channels, &rows, &columns, input + y * WIDTH + x);
        }
    }
    return 0;
}
