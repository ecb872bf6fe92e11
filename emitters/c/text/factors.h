/* The weights of some blocks of output channels, those of each input times its factor. */
PART void multiply_weights(const float *weights, float *to, const float *ws, const int *factors,
                           int inputs, int width, int blocks)
{
    for (int b = 0; b < blocks; b++)
        for (int i = 0; i < inputs; i++, weights += width, to += width) {
            const float factor = ws[factors[i]];
            for (int o = 0; o < width; o++)
                to[o] = weights[o] * factor;
        }
}
