"""Operators whose outputs have the shape of an input, or of all inputs together."""

from __future__ import annotations

from ..constant import broadcast
from ..network import Op, Sizes, misfit

SAME = (
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BatchNormalization", "Bernoulli",
    "BitwiseNot", "Cast", "CastLike", "Ceil", "Celu", "Clip", "Cos", "Cosh", "CumSum",
    "DequantizeLinear", "Dropout", "Elu", "Erf", "Exp", "EyeLike", "Floor", "Gelu",
    "GroupNormalization", "HardSigmoid", "HardSwish", "Hardmax", "Identity",
    "InstanceNormalization", "IsInf", "IsNaN", "LRN", "LayerNormalization", "LeakyRelu", "Log",
    "LogSoftmax", "LpNormalization", "MeanVarianceNormalization", "Mish", "Neg", "Not",
    "ParametricSoftplus", "QuantizeLinear", "RMSNormalization", "RandomNormalLike",
    "RandomUniformLike", "Reciprocal", "Relu", "ReverseSequence", "RotaryEmbedding", "Round",
    "ScaledTanh", "Scatter", "ScatterElements", "ScatterND", "Selu", "Shrink", "Sigmoid", "Sign",
    "Sin", "Sinh", "Softmax", "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh",
    "TensorScatter", "ThresholdedRelu", "Trilu", "PRelu", "ImageScaler", "Scale", "Affine",
)  # fmt: skip
"""Operators whose first output has the shape of the first input."""
TOGETHER = (
    "Add", "And", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Equal", "Greater",
    "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow",
    "Sub", "Sum", "Where", "Xor",
)  # fmt: skip
"""Operators whose output has the shape of all inputs together, as numpy broadcasts."""


def same(op: Op) -> list[Sizes | None]:
    shape = op.value(0).shape
    return [shape, *_normalisation(op, shape)]


def _normalisation(op: Op, shape: Sizes | None) -> list[Sizes | None]:
    """The mask of a dropout, or the statistics of a layer norm."""
    if op.kind == "Dropout":
        return [shape]
    if op.kind == "LayerNormalization" and shape is not None:
        axis = op.integer("axis", -1) % max(1, len(shape))
        kept = (*shape[:axis], *(1 for _ in shape[axis:]))
        return [kept, kept]
    return []


def together(op: Op) -> list[Sizes | None]:
    shapes = [value.shape for value in op.inputs if value is not None]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return [None]
    try:
        return [broadcast(*known)]
    except ValueError as error:
        raise misfit(op, str(error)) from None


RULES = {**dict.fromkeys(SAME, same), **dict.fromkeys(TOGETHER, together)}
