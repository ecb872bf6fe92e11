"""Channels and pixels moved by a reshape, a transposition and a reshape."""

from __future__ import annotations

from ..network import Op, Sizes
from ..rewriting import sole
from ..shapes.moves import permutation


def shuffle(op: Op) -> Op | None:
    """A channel shuffle, a pixel shuffle or its reverse."""
    turn = sole(op.value(0), "Transpose") if op.kind == "Reshape" and not op.domain else None
    first = sole(turn.value(0), "Reshape") if turn else None
    if turn is None or first is None:
        return None
    if not (first.value(0).batched and op.output.batched):
        return None
    before, inner, after = first.value(0).shape, first.output.shape, op.output.shape
    if before is None or inner is None or after is None or len(before) != 4 or len(after) != 4:
        return None
    order = permutation(turn)
    made = (
        _channels(before, inner, after, order)
        or _pixels(before, inner, after, order)
        or _blocks(before, inner, after, order)
    )
    if made is None:
        return None
    kind, attributes = made
    return Op(kind, (first.value(0),), op.outputs, first.place, attributes, "", 13)


_Made = tuple[str, dict[str, object]] | None


def _channels(before: Sizes, inner: Sizes, after: Sizes, order: Sizes) -> _Made:
    count, channels, *sizes = before
    if before != after or len(inner) < 4 or inner[0] != count:
        return None
    groups, rest = inner[1:3]
    swapped = order == (0, 2, 1, *range(3, len(inner)))
    if not swapped or groups * rest != channels or _product(inner[3:]) != _product(tuple(sizes)):
        return None
    return "ChannelShuffle", {"groups": groups}


def _product(sizes: Sizes) -> int:
    result = 1
    for size in sizes:
        result *= size
    return result


def _pixels(before: Sizes, inner: Sizes, after: Sizes, order: Sizes) -> _Made:
    count, channels, height, width = before
    block = after[2] // height
    own = channels // max(1, block) ** 2
    fits = after == (count, own, height * block, width * block)
    if not fits or inner != (count, own, block, block, height, width):
        return None
    return _moved("DepthToSpace", block) if order == (0, 1, 4, 2, 5, 3) else None


def _blocks(before: Sizes, inner: Sizes, after: Sizes, order: Sizes) -> _Made:
    count, channels, height, width = before
    block = height // max(1, after[2])
    rows, columns = height // max(1, block), width // max(1, block)
    fits = after == (count, channels * block**2, rows, columns)
    if not fits or inner != (count, channels, rows, block, columns, block):
        return None
    return _moved("SpaceToDepth", block) if order == (0, 1, 3, 5, 2, 4) else None


def _moved(kind: str, block: int) -> _Made:
    return kind, {"blocksize": block, "mode": "CRD"}


REWRITES = (shuffle,)
