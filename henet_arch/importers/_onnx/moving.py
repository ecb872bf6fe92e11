"""What operators do to the batch, and which of them do nothing."""

from __future__ import annotations

from .network import Missing, Op, axis_of
from .shapes.moves import pad_sides, permutation, slices
from .shapes.products import reduced_axes

_RESHAPING = ("Expand", "Flatten", "Reshape", "Squeeze", "Tile", "Unsqueeze")
"""Operators that do nothing where the shape stays, and so the batch's place."""
_RECOVERING = ("Gather", "Reshape", "Slice", "Split", "Squeeze", "Transpose")
"""Operators that can bring the batch back to the first axis, from where another has moved it."""
_ALONG = {
    "ArgMax": 0, "ArgMin": 0, "Concat": 1, "Gather": 0, "Hardmax": -1, "LogSoftmax": -1,
    "Softmax": -1, "Split": 0, "TopK": -1,
}  # fmt: skip
"""Operators along one axis, with the axis that is meant where they do not say it."""


def is_identity(op: Op) -> bool:
    """Whether the first output is the first input, element by element."""
    if op.domain or not op.has(0):
        return False
    data = op.value(0)
    if op.kind == "Identity":
        return True
    if data.shape is None or op.output.shape != data.shape:
        return False
    try:
        return _keeps_all(op)
    except Missing:
        return False


def _keeps_all(op: Op) -> bool:
    if op.kind in ("Cast", "CastLike"):
        return op.output.type == op.value(0).type
    if op.kind in _RESHAPING:
        return True
    if op.kind in ("Concat", "Sum", "Max", "Min", "Mean"):
        return len(op.inputs) == 1
    if op.kind == "Split":
        return len(op.outputs) == 1
    if op.kind == "Transpose":
        return permutation(op) == tuple(range(op.value(0).rank))
    if op.kind == "Slice":
        return all(kept.step > 0 for kept in slices(op).values())
    return op.kind == "Pad" and not any(map(any, pad_sides(op)))


def gives_batch(op: Op) -> bool:
    """Whether the first axis of the output can be the batch."""
    try:
        if any(value.batched for value in op.data):
            return bool(op.domain) or not _touches_batch(op)
    except Missing:
        return True
    return op.kind in _RECOVERING and any(value.computed for value in op.data)


def _touches_batch(op: Op) -> bool:
    rank = op.value(0).rank if op.has(0) else -1
    if rank < 1 or not op.value(0).batched:
        return False
    if op.kind in _ALONG:
        return axis_of(op, op.integer("axis", _ALONG[op.kind]), rank) == 0
    if op.kind == "Squeeze":
        axes = op.setting("axes", 1) or ()
        return any(axis_of(op, axis, rank) == 0 for axis in axes)
    if op.kind == "Unsqueeze":
        axes = op.setting("axes", 1) or ()
        return any(axis_of(op, axis, rank + len(axes)) == 0 for axis in axes)
    if op.kind == "Transpose":
        return permutation(op)[0] != 0
    return op.kind.startswith("Reduce") and 0 in reduced_axes(op)
