"""Layers that join blobs, or part them."""

from __future__ import annotations

from itertools import pairwise
from math import prod

from ...ir.dims import Shape, format_shape
from ...ir.layer import Layer, Ops
from ...ir.layers import (
    Add,
    Concat,
    Elementwise,
    Maximum,
    Multiply,
    SliceChannels,
    Softmax,
    Subtract,
)
from ...support.errors import FileError, ShapeError
from .assembly import At, Value

_OPERATIONS = {"PROD": 0, "SUM": 1, "MAX": 2}


def eltwise(at: At) -> Value:
    """The sum, product or maximum of blobs of one shape, with a factor for each in a sum."""
    settings = at.settings("eltwise_param", ("operation", "coeff", "stable_prod_grad"))
    operation = settings.enum("operation", _OPERATIONS, "SUM")
    factors = settings.reals("coeff")
    if len(at.inputs) < 2:
        raise FileError(f"it joins {len(at.inputs)} blobs and takes 2 or more")
    for value in at.inputs[1:]:
        if value.shape != at.x.shape:
            raise ShapeError(
                f"cannot join {format_shape(value.shape)} with {format_shape(at.x.shape)}"
            )
    if operation != "SUM":
        if factors:
            raise FileError(f"coeff belongs to a SUM, not to {operation}")
        return at.add(Multiply() if operation == "PROD" else Maximum())
    if factors and len(factors) != len(at.inputs):
        raise FileError(f"{len(factors)} coeff for {len(at.inputs)} blobs")
    return _sum(at, factors)


def _sum(at: At, factors: list[float]) -> Value:
    if factors == [1, -1]:
        return at.add(Subtract())
    parts = [
        value
        if factor == 1
        else at.add(Elementwise("affine", (factor, 0.0)), value, suffix=f"coeff{index}")
        for index, (value, factor) in enumerate(
            zip(at.inputs, factors or [1.0] * len(at.inputs), strict=True)
        )
    ]
    return at.add(Add(), *parts)


def concat(at: At) -> Value:
    """Blobs one after the other, along the channels or another axis."""
    settings = at.settings("concat_param", ("axis", "concat_dim"))
    axis = axis_of(settings.whole("axis", settings.whole("concat_dim", 1)), at.x.shape)
    if axis == 1:
        return at.add(Concat())
    sizes = [value.shape for value in at.inputs]
    for size in sizes[1:]:
        if _without(size, axis) != _without(sizes[0], axis):
            raise ShapeError(
                f"cannot concatenate {format_shape(size)} with {format_shape(sizes[0])} along "
                f"axis {axis}"
            )
    total = sum(size[axis - 1] for size in sizes)
    return at.opaque((*sizes[0][: axis - 1], total, *sizes[0][axis:]), Ops())


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[: axis - 1], *shape[axis:])


def slice_(at: At) -> tuple[Value, ...]:
    """A blob in parts, each of which is a blob."""
    settings = at.settings("slice_param", ("axis", "slice_dim", "slice_point"))
    at.one_bottom()
    axis = axis_of(settings.whole("axis", settings.whole("slice_dim", 1)), at.x.shape)
    size, count = int(at.x.shape[axis - 1]), len(at.entry.tops)
    points = settings.wholes("slice_point")
    if not points and size % count:
        raise ShapeError(f"{count} parts do not divide {size}")
    if points and len(points) != count - 1:
        raise FileError(f"{len(points)} slice_point for {count} blobs", why="there is one between")
    bounds = [0, *points, size] if points else [size // count * i for i in range(count + 1)]
    if any(a >= b for a, b in pairwise(bounds)):
        raise ShapeError(f"slice_point {', '.join(map(str, points))} of {size} leaves a part empty")
    return tuple(
        _part(at, axis, bounds[index], bounds[index + 1], top)
        for index, top in enumerate(at.entry.tops)
    )


def _part(at: At, axis: int, start: int, stop: int, top: str) -> Value:
    if top in at.unread:
        return at.x
    if axis == 1:
        return at.add(SliceChannels(start, stop), blob=top)
    shape = at.x.shape
    return at.opaque((*shape[: axis - 1], stop - start, *shape[axis:]), Ops(), suffix=top)


def axis_of(axis: int, shape: Shape) -> int:
    """An axis of a blob, counted from the batch's on, which is 0.

    Raises:
        ShapeError: the blob has none, or it is the batch's.
    """
    rank = len(shape) + 1
    if not -rank <= axis < rank:
        raise ShapeError(f"axis {axis} of a blob of {rank} axes")
    if axis % rank == 0:
        raise ShapeError("axis 0 is the batch's", why="images are counted one by one")
    return axis % rank


def split(at: At) -> tuple[Value, ...]:
    """The same blob under several names."""
    return tuple(at.x for _ in at.entry.tops)


def softmax(at: At) -> Value:
    """Exponentials as shares of their sum, over the channels or another axis."""
    axis = axis_of(at.settings("softmax_param", ("axis", "engine")).whole("axis", 1), at.x.shape)
    layer: Layer = Softmax()
    if axis == 1:
        return at.add(layer)
    moved = (at.x.shape[axis - 1], *_without(at.x.shape, axis))
    return at.opaque(at.x.shape, layer.ops((moved,), moved))


def arg_max(at: At) -> Value:
    """Where the largest elements are, and perhaps what they are."""
    settings = at.settings("argmax_param", ("out_max_val", "top_k", "axis"))
    top, both = settings.whole("top_k", 1), settings.flag("out_max_val", False)
    if not settings.has("axis"):
        return at.opaque((2 if both else 1, top), Ops(compare=prod(at.x.shape) - 1))
    axis = axis_of(settings.whole("axis", 1), at.x.shape)
    shape = (*at.x.shape[: axis - 1], top, *at.x.shape[axis:])
    return at.opaque(shape, Ops(compare=prod(at.x.shape) - prod(_without(at.x.shape, axis))))
