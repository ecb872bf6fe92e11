"""What shapes operators give, in every version of theirs.

`onnx.shape_inference` is not asked: it ends the process on some malformed nodes.
"""

from __future__ import annotations

from ....ir.dims import format_shape
from ....support.errors import LimitError
from ....support.limits import LARGEST
from ..network import Missing, Op, Sizes, misfit
from . import moves, pointwise, products, windows

RULES = pointwise.RULES | windows.RULES | moves.RULES | products.RULES


def output_shapes(op: Op) -> list[Sizes | None]:
    """The sizes of each output; None for those that are unknown.

    Raises:
        ShapeError: the operator does not fit its inputs.
        FileError: an attribute has a value that it cannot have.
        LimitError: an output is too large.
    """
    rule = RULES.get(op.kind) if op.domain == "" else None
    shapes: list[Sizes | None] = []
    if rule:
        try:
            shapes = rule(op)
        except Missing:
            shapes = []
        except (ValueError, IndexError, OverflowError, ZeroDivisionError) as error:
            raise misfit(op, f"{error!s:.99}") from None
    for shape in shapes:
        if shape is not None and any(size > LARGEST for size in shape):
            raise LimitError(f"{op.place} gives {format_shape(shape)}, larger than any network")
    return [*shapes, *(None for _ in op.outputs)][: len(op.outputs)]
