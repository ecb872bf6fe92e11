/* The weights of $name, in the order in which its steps read them; batch norm is folded in. */
${check}int ${name}_run(const float *weights, const float *input, float *output, void *workspace);

static const float weights[$count] __attribute__((aligned(64))) = {
$numbers
};

int ${name}_forward(const float *input, float *output, void *workspace)
{
    return ${name}_run(weights, input, output, workspace);
}
$class_table