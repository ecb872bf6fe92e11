
struct image {
    unsigned char *bytes;
    int height, width, channels;
};

/* The next character of a header; a comment is read as the end of its line. */
static int next(FILE *file)
{
    int c = getc(file);
    if (c == '#')
        while (c != '\n' && c != EOF)
            c = getc(file);
    return c;
}

/* The next number of a header, with the one space behind it; -1 where there is none of 0 to 65535. */
static long number(FILE *file)
{
    long value = 0;
    int c = next(file);
    while (is_space(c))
        c = next(file);
    if (c < '0' || c > '9')
        return -1;
    for (; c >= '0' && c <= '9'; c = next(file)) {
        value = value * 10 + c - '0';
        if (value > 65535)
            return -1;
    }
    return is_space(c) ? value : -1;
}

/* Reads values of 0 to `most`, of one byte or two, as bytes. Returns NULL, or what is wrong. */
static const char *read_values(FILE *file, unsigned char *bytes, size_t count, unsigned long most)
{
    const size_t each = most > 255 ? 2 : 1;
    if (fread(bytes, each, count, file) != count)
        return "cannot be read to its end";
    for (size_t i = 0; i < count; i++) {
        const unsigned long value = each == 1 ? bytes[i] : bytes[2 * i] * 256UL + bytes[2 * i + 1];
        if (value > most)
            return "has a value above the largest that its header says";
        bytes[i] = (unsigned char)((value * 255 + most / 2) / most);
    }
    return NULL;
}

/* Whether so many bytes follow: no memory is asked for before a file has them. */
static int follow(FILE *file, size_t count)
{
    const long start = ftell(file);
    if (start < 0 || fseek(file, 0, SEEK_END))
        return 0;
    const long end = ftell(file);
    return end >= start && (unsigned long)(end - start) >= count && !fseek(file, start, SEEK_SET);
}

static const char *read_pixels(FILE *file, struct image *image)
{
    const int letter = getc(file), kind = getc(file);
    if (ferror(file))
        return cannot_read;
    if (letter != 'P' || (kind != '5' && kind != '6') || !is_space(next(file)))
        return "holds neither an image (PGM or PPM, P5 or P6) nor an input of floats";
    const long width = number(file), height = number(file), most = number(file);
    if (width < 1 || height < 1 || width > ${macro}_LARGEST || height > ${macro}_LARGEST)
        return "has no size of 1 to $largest pixels a side";
    if (most < 1)
        return "has no largest value of 1 to 65535";
    image->channels = kind == '6' ? 3 : 1;
    image->height = (int)height;
    image->width = (int)width;
    const size_t count = (size_t)height * (size_t)width * (size_t)image->channels;
    const size_t size = count * (most > 255 ? 2 : 1);
    if (!follow(file, size))
        return "ends before its last pixel";
    image->bytes = malloc(size);
    return image->bytes ? read_values(file, image->bytes, count, (unsigned long)most) : "is too large for the memory";
}

/* Reads a file as an image of bytes, which the caller frees. Returns NULL, or what is wrong. */
static const char *read_image(const char *path, struct image *image)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return cannot_open;
    const char *fault = fseek(file, 0, SEEK_SET) ? "is a pipe: images are read from files" : read_pixels(file, image);
    fclose(file);
    return fault;
}
$answer
/* Prints a line for each image. Returns 1 where one cannot be read. */
static int images(int count, char **paths, const char *other, float *input, float *output, void *workspace)
{
    int code = 0;
    (void)other; /* what is wrong with the first as an input of floats */
    for (int i = 0; i < count; i++) {
        struct image image = {NULL, 0, 0, 0};
        const char *fault = read_image(paths[i], &image);
        if (!fault && ${name}_preprocess(image.bytes, image.height, image.width, image.channels, input))
            fault = "is no image that the network takes";
        free(image.bytes);
        print_plain(paths[i], fault ? stderr : stdout);
        if (fault) {
            fprintf(stderr, " %s\n", fault);
            code = 1;
        } else {
            ${name}_forward(input, output, workspace);
            answer(output);
        }
    }
    return code;
}
