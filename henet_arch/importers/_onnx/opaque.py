"""Operators that no kind describes: their weights, and what they are known to cost."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from ...ir.layer import NO_OPS, Layer, Ops
from ...ir.layers import BatchNorm2d, Elementwise, GroupNorm, LayerNorm, Opaque, Resize
from ...support.errors import HenetArchError
from ..opaque_costs import Cost, cost, opaque_cost
from .constant import Constant
from .layers.part import Part
from .network import Missing, Op, Sizes, Value
from .shapes.products import factors, letters_of

_WORDS = {
    "Abs": "abs", "Add": "add", "And": "logical_and", "ArgMax": "argmax", "ArgMin": "argmin",
    "BitCast": "view", "Cast": "cast", "CastLike": "cast", "Ceil": "ceil", "CenterCropPad": "crop",
    "Clip": "clip", "Compress": "index_select", "Concat": "concat", "ConstantOfShape": "full",
    "DepthToSpace": "depth_to_space", "Div": "div", "Dropout": "dropout", "Equal": "equal",
    "Erf": "erf", "Exp": "exp", "Expand": "expand", "EyeLike": "eye", "Flatten": "flatten",
    "Floor": "floor", "Gather": "gather", "GatherElements": "gather", "GatherND": "gather",
    "GlobalAveragePool": "mean", "GlobalMaxPool": "max",
    "Gelu": "gelu", "Greater": "greater", "GreaterOrEqual": "greater_equal", "Identity": "identity",
    "Less": "less", "LessOrEqual": "less_equal", "Max": "maximum", "Min": "minimum", "Mul": "mul",
    "Neg": "neg", "Not": "logical_not", "Or": "logical_or", "Pad": "pad", "Pow": "pow",
    "Range": "range", "Reciprocal": "reciprocal", "ReduceL2": "norm", "ReduceMax": "max",
    "ReduceMean": "mean", "ReduceMin": "min", "ReduceProd": "prod", "ReduceSum": "sum",
    "ReduceSumSquare": "sum_of_squares", "Relu": "relu", "Reshape": "reshape", "Round": "round",
    "Scatter": "scatter", "ScatterElements": "scatter", "ScatterND": "index_put",
    "Shape": "constant", "Sigmoid": "sigmoid", "Sign": "sign", "Size": "constant", "Slice": "slice",
    "SpaceToDepth": "space_to_depth", "Split": "split", "Sqrt": "sqrt", "Squeeze": "squeeze",
    "Sub": "sub", "Sum": "add", "Swish": "silu", "Tanh": "tanh", "Tile": "tile",
    "Transpose": "permute", "Trilu": "tril", "Unsqueeze": "unsqueeze", "Where": "where",
    "Xor": "not_equal",
}  # fmt: skip
"""By ONNX's operators, the words of `opaque_costs`."""
_NO_WEIGHTS = {"Resize": {1, 2, 3}, "Upsample": {1}, "BatchNormalization": {3, 4}}
"""The inputs of operators that are numbers of float and no weights: scales, and statistics."""
_EACH = {
    "Celu": Ops(compare=2, exp=1, add=2, mul=1, div=1),
    "DequantizeLinear": Ops(add=1, mul=1),
    "IsInf": Ops(compare=1),
    "IsNaN": Ops(compare=1),
    "QuantizeLinear": Ops(div=1, add=1, compare=3),
    "Selu": Ops(compare=1, exp=1, add=1, mul=2),
    "Shrink": Ops(compare=2, add=1),
    "Softsign": Ops(compare=1, add=1, div=1),
    "ThresholdedRelu": Ops(compare=1),
}
"""Operations on each element of the output, of operators that are ONNX's own."""
_FUNCTIONS = {"Elu": "elu", "HardSigmoid": "hardsigmoid", "HardSwish": "hardswish", "Log": "log",
              "LeakyRelu": "leaky_relu", "Mish": "mish", "PRelu": "leaky_relu",
              "Softplus": "softplus"}  # fmt: skip
_SETTINGS = {"bool", "int32", "int64", "string"}
"""Types of constants that say what an operator does, and are no weights."""
_QUANTIZED_BIAS = ("QLinearConv", 8)
"""A weight of int32."""
_NAMES = {
    "Conv": ("", "weight", "bias"), "ConvTranspose": ("", "weight", "bias"),
    "Gemm": ("", "weight", "bias"), "MatMul": ("", "weight"),
    "BatchNormalization": ("", "weight", "bias"),
    "InstanceNormalization": ("", "weight", "bias"), "LayerNormalization": ("", "weight", "bias"),
}  # fmt: skip


def opaque_part(op: Op, output: Value, fallback: Value) -> Part:
    """The operator as a layer by its name.

    Args:
        op: The operator.
        output: The one of its outputs that the layer gives.
        fallback: What the layer reads where the operator reads nothing that is computed.
    """
    inputs = tuple(op.data) or (fallback,)
    weights = _weights(op)
    tensors = tuple((name, constant.shape) for name, constant in weights.items())
    shapes = tuple(value.image_shape for value in inputs)
    name = f"{op.domain}.{op.kind}" if op.domain else op.kind
    layer = Opaque(_word(name), shapes, output.image_shape, tensors, known_cost(op))
    return Part(layer, inputs, output, weights)


def other_output(op: Op, first: Value, output: Value) -> Part:
    """A further output of the same operator, which computes nothing more."""
    layer = Opaque(f"{_word(op.kind)} output", (first.image_shape,), output.image_shape, (), ())
    return Part(layer, (first,), output)


def _word(name: str) -> str:
    """A name as one printable line."""
    return "".join(c if c.isprintable() else "?" for c in name[:150]) or "?"


def _weights(op: Op) -> dict[str, Constant]:
    """The constants that the operator reads and that are no settings."""
    held: dict[str, Constant] = {}
    names = _NAMES.get(op.kind, ())
    for index, value in enumerate(op.inputs):
        constant = None if value is None else value.constant
        if constant is None or constant.count < 2 or index in _NO_WEIGHTS.get(op.kind, ()):
            continue
        if constant.type in _SETTINGS and (op.kind, index) != _QUANTIZED_BIAS:
            continue
        name = names[index] if index < len(names) else ""
        held[name or f"input{index + 1}"] = constant  # also where a product has its matrix first
    return held


def known_cost(op: Op) -> Cost | None:
    """What the operator computes for one image; None where that is unknown."""
    if op.domain or any(value.shape is None for value in (*op.data, op.output)):
        return None
    try:
        return _cost(op)
    except (Missing, HenetArchError, ValueError, IndexError):
        return None


def _cost(op: Op) -> Cost | None:
    outputs = _count(op.output)
    ops = _products(op)
    if ops is None:
        ops = _like_layer(op)
    if ops is not None:
        return cost(ops, 1)
    if op.kind in _EACH:
        return cost(_EACH[op.kind], outputs)
    word = _WORDS.get(op.kind)
    if word is None:
        return None
    if op.kind in ("Max", "Min", "Sum", "Add", "Mul"):
        outputs *= max(1, len(op.inputs) - 1)
    return opaque_cost(word, _count(op.value(0)) if op.has(0) else 0, outputs)


def _count(value: Value) -> int:
    """The elements of a value for one image; all elements of one without a batch."""
    shape = value.shape or ()
    return prod(shape[1:] if value.batched else shape)


def _products(op: Op) -> Ops | None:
    """Multiply-accumulates of convolutions and matrix products, and their biases."""
    outputs = _count(op.output)
    if op.kind in ("Conv", "ConvInteger", "QLinearConv"):
        index, biased = (3, 8) if op.kind == "QLinearConv" else (1, 2)
        macs = outputs * prod(op.shape(index)[1:])
        has_bias = op.has(biased) and op.kind != "ConvInteger"
        return Ops(macs, outputs if has_bias else 0)
    if op.kind == "ConvTranspose":
        macs = _count(op.value(0)) * prod(op.shape(1)[1:])
        return Ops(macs, outputs if op.has(2) else 0)
    if op.kind in ("MatMul", "MatMulInteger", "QLinearMatMul"):
        return Ops(outputs * factors(op)[0][-1])
    if op.kind == "Gemm":
        inner = op.shape(0)[0 if op.integer("transA") else 1]
        return Ops(outputs * inner, outputs if op.has(2) else 0)
    return _einsum(op) if op.kind == "Einsum" else _attention(op)


def _einsum(op: Op) -> Ops | None:
    letters, _, sizes = letters_of(op)
    if len(letters) != 2:
        return None
    shares = op.output.batched and bool(op.output.shape)
    batch = (op.output.shape or (1,))[0] if shares else 1
    return Ops(prod(sizes.values()) // max(1, batch))


def _attention(op: Op) -> Ops | None:
    """The two products of attention, and its softmax."""
    if op.kind != "Attention":
        return None
    query, key, value = op.shape(0), op.shape(1), op.shape(2)
    if len(query) == 4:
        heads, rows, width, columns, depth = query[1], query[2], query[3], key[2], value[3]
    else:
        heads = op.integer("q_num_heads", 1)
        rows, columns = query[1], key[1]
        width, depth = query[2] // heads, value[2] // max(1, op.integer("kv_num_heads", 1))
    scores = heads * rows * columns
    softmax = Ops(compare=scores, add=2 * scores, exp=scores, div=scores, mul=scores)
    sums = Ops(compare=-heads * rows, add=-heads * rows)
    return Ops.sum((Ops(scores * (width + depth)), softmax, sums))


def _like_layer(op: Op) -> Ops | None:
    """The operations of a layer that computes the same on another shape."""
    shape = op.value(0).shape if op.has(0) else None
    if shape is None or op.output.shape is None:
        return None
    whole = prod(shape[1:] if op.value(0).batched else shape)
    if op.kind in _FUNCTIONS:
        return _of(Elementwise(_FUNCTIONS[op.kind]), (whole,))
    alike = _ALIKE.get(op.kind)
    return alike(op, shape, whole) if alike else None


def _clip(op: Op, shape: Sizes, whole: int) -> Ops:
    return Ops(compare=whole * (op.has(1) + op.has(2) or 2))


def _batch_norm(op: Op, shape: Sizes, whole: int) -> Ops | None:
    if op.integer("training_mode"):
        return None
    return _of(BatchNorm2d(shape[1]), (shape[1], whole // shape[1], 1))


def _instance_norm(op: Op, shape: Sizes, whole: int) -> Ops:
    return _of(GroupNorm(shape[1], shape[1]), (shape[1], whole // shape[1], 1))


def _group_norm(op: Op, shape: Sizes, whole: int) -> Ops:
    layer = GroupNorm(op.integer("num_groups", 1), shape[1], affine=len(op.inputs) > 1)
    return _of(layer, (shape[1], whole // shape[1], 1))


def _rms_norm(op: Op, shape: Sizes, whole: int) -> Ops:
    means = whole // prod(shape[op.integer("axis", -1) % len(shape) :])
    return Ops(mul=3 * whole, add=whole, div=2 * means, sqrt=means)


def _of(layer: Layer, shape: Sizes) -> Ops:
    return layer.ops((shape,), shape)


def _layer_norm(op: Op, shape: Sizes, whole: int) -> Ops:
    axis = op.integer("axis", -1) % len(shape)
    size = shape[axis] if op.integer("along") else prod(shape[axis:])
    layer = LayerNorm(size, affine=op.has(1), bias=op.has(2))
    return _of(layer, (size, whole // size, 1))


def _softmax(op: Op, shape: Sizes, whole: int) -> Ops:
    old = op.version < 13
    axis = op.integer("axis", 1 if old else -1) % len(shape)
    size = prod(shape[axis:]) if old else shape[axis]
    sums = whole // size
    common = Ops(compare=whole - sums, add=2 * whole - sums, exp=whole)
    last = Ops(div=whole) if op.kind == "Softmax" else Ops(add=whole, log=sums)
    return Ops.sum((common, last))


def _pool(op: Op, shape: Sizes, whole: int) -> Ops:
    outputs = _count(op.output)
    taps = outputs * prod(op.integers("kernel_shape") or ())
    if op.kind == "MaxPool":
        return Ops(compare=taps - outputs)
    return Ops(add=taps - outputs, div=outputs)


def _resize(op: Op, shape: Sizes, whole: int) -> Ops | None:
    mode = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}.get(
        op.text("mode", "nearest")
    )
    if mode == "nearest":
        return NO_OPS
    after = op.output.shape or ()
    if mode is None or len(shape) != 4 or op.integer("antialias"):
        return None
    layer = Resize(None, (after[2], after[3]), mode)
    return layer.ops((shape[1:],), after[1:])


_ALIKE: dict[str, Callable[[Op, Sizes, int], Ops | None]] = {
    "AveragePool": _pool,
    "BatchNormalization": _batch_norm,
    "Clip": _clip,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "LogSoftmax": _softmax,
    "MaxPool": _pool,
    "RMSNormalization": _rms_norm,
    "Resize": _resize,
    "Softmax": _softmax,
    "Upsample": _resize,
}
"""Operations of operators from their inputs' shapes and numbers of elements."""
