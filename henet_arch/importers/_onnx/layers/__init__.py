"""What operators become: a table from their names to layers."""

from __future__ import annotations

from collections.abc import Iterable

from ....ir.dims import Shape
from ....support.errors import ShapeError
from ..network import Missing, Op, Value
from . import moves, norms, pointwise, resizing, windows
from .part import Mapper, Part

_COMPUTING = windows.MAPPERS | norms.MAPPERS | pointwise.MAPPERS | resizing.MAPPERS
MAPPERS: dict[str, Mapper] = _COMPUTING | moves.MAPPERS
_FLOATS = ("float32", "float16", "bfloat16", "float64")


def layers_of(op: Op) -> list[Part] | None:
    """The layers of an operator; None where no kind describes it as it is.

    Their shapes are those that the file's operator gives.

    Raises:
        FileError: an attribute has a value that it cannot have.
    """
    mapper = MAPPERS.get(op.kind) if op.domain == "" else None
    if mapper is None or not all(value.batched for value in (*op.data, *_read(op))):
        return None
    if op.kind in _COMPUTING and op.output.type not in _FLOATS:
        return None
    try:
        parts = mapper(op)
        return parts if parts and _fits(parts) else None
    except (Missing, ShapeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return None  # what it lacks for a layer, it may have as an operator of known shapes


def _read(op: Op) -> Iterable[Value]:
    return (value for value in op.outputs if value.users)


def _fits(parts: list[Part]) -> bool:
    """Whether layers infer the shapes that are known, and have constants for all weights."""
    shapes: dict[Value, Shape] = {}
    for part in parts:
        inputs = [shapes.get(value, value.image_shape) for value in part.inputs]
        shape = part.layer.infer(*inputs)
        if part.output.shape is not None and shape != part.output.image_shape:
            return False
        shapes[part.output] = shape
        wanted = part.layer.weights() | part.layer.buffers()
        if wanted != {name: constant.shape for name, constant in part.weights.items()}:
            return False
    return True
