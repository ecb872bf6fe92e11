"""Biases and scales as operators of their own."""

from __future__ import annotations

from ..constant import Constant
from ..network import Op, Value
from ..rewriting import number, sides, sole
from .norms import is_along

_BIASED = {"Conv": 1, "ConvTranspose": 1, "Gemm": 1, "MatMul": -1}
"""Operators that can take a bias, with the axis that it is along."""


def bias(op: Op) -> Op | None:
    """A convolution or a matrix product, plus a constant for each channel."""
    pair = None if op.domain or op.kind != "Add" else sides(op)
    before = sole(pair[0]) if pair else None
    if pair is None or before is None or before.kind not in _BIASED or before.has(2):
        return None
    rank = before.output.rank
    axis = _BIASED[before.kind] % rank if rank > 0 else 0
    vector = along(pair[1], axis, before.output)
    if vector is None or op.output.shape != before.output.shape:
        return None
    if before.kind == "MatMul":
        return _linear(op, before, vector)
    inputs = (before.value(0), before.value(1), vector)
    return Op(
        before.kind, inputs, op.outputs, before.place,
        {**before.attributes, "beta": 1.0} if before.kind == "Gemm" else before.attributes,
        "", before.version,
    )  # fmt: skip


def _linear(op: Op, product: Op, vector: Value) -> Op | None:
    """A product of vectors with a constant matrix, and the bias."""
    data, weight = product.value(0), product.value(1)
    if data.rank != 2 or weight.constant is None or weight.rank != 2:
        return None
    return Op("Gemm", (data, weight, vector), op.outputs, product.place, {}, "", 13)


def along(value: Value, axis: int, data: Value) -> Value | None:
    """A constant as a vector along an axis of `data`; None where it is none.

    A single number stands for as many as there are.
    """
    constant, shape = value.constant, data.shape
    if constant is None or shape is None:
        return None
    size = shape[axis]
    if is_along(constant, axis - len(shape), size) and len(constant.shape) <= len(shape):
        made: Constant = constant.reshaped(size)
        return Value(value.name, (size,), value.type, made)
    return None


def learnt(op: Op, value: Value, data: Value) -> Value | None:
    """A constant as a factor or a shift for each channel of `data`; None where it is a number."""
    vector = along(value, 1, data)
    alone = vector is not None and vector.shape == (1,) and not op.place.layer
    return None if alone else vector


def scale(op: Op) -> Op | None:
    """Times a constant for each channel, and plus another."""
    pair = None if op.domain or op.kind != "Add" else sides(op)
    product = sole(pair[0], "Mul") if pair else None
    inner = sides(product) if product else None
    if pair is None or inner is None or product is None or not inner[0].batched:
        return None
    weight, shift = (learnt(op, each[1], inner[0]) for each in (inner, pair))
    if weight is None and shift is None:
        return _affine(op, product, inner, pair)
    if weight is None or shift is None:
        return None
    return Op("Scale", (inner[0], weight, shift), op.outputs, product.place, {}, "", 13)


def _affine(
    op: Op, product: Op, inner: tuple[Value, Value], outer: tuple[Value, Value]
) -> Op | None:
    """Times a number and plus another."""
    scale, shift = number(inner[1]), number(outer[1])
    if op.output.shape != inner[0].shape or scale is None or shift is None:
        return None
    attributes = {"scale": scale, "shift": shift}
    return Op("Affine", (inner[0],), op.outputs, product.place, attributes, "", 13)


REWRITES = (bias, scale)
