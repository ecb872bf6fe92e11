"""Pixels of a map that no layer reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, NamedTuple

from ..ir.dims import Window
from ..ir.graph import Node
from ..ir.layer import Layer
from .rule import Changes, Context, Finding, Rule

if TYPE_CHECKING:
    from ..spec.spec import Spec

_FARTHEST = 32
"""How much smaller or larger a size may be that is named as read whole; strides are below it."""


class _Read(NamedTuple):
    """The rows and columns that a window reads, as bits, of which it reads each crossing."""

    rows: int
    columns: int


def _check(context: Context) -> Iterator[Finding]:
    for node in context.graph:
        readers = context.graph.readers[node.name]
        if readers and len(node.shape) == 3 and node.name not in context.graph.outputs:
            yield from _dropped(node, readers)


def _dropped(node: Node, readers: Sequence[Node]) -> Iterator[Finding]:
    height, width = (int(size) for size in node.shape[1:])
    reads = [_read(node, reader) for reader in readers]
    unread = _unread(reads, height, width)
    if not unread:
        return
    missed = (
        _listed("row", height, ~_union([read.rows for read in reads])),
        _listed("column", width, ~_union([read.columns for read in reads])),
    )
    where = " and ".join(filter(None, missed)) or "in between"
    yield Finding(
        tuple(reader.name for reader in readers),
        f"{unread:,} of {height * width:,} pixels of {node.name} are read by no layer: {where} of "
        f"{height}x{width}",
        _fix(readers, (height, width)),
    )


def _read(node: Node, reader: Node) -> _Read:
    """What a layer reads of a map; all where that is unknown."""
    rows, columns = (
        _along_axis(reader.layer, axis, int(node.shape[1 + axis]), _after(reader, axis))
        for axis in (0, 1)
    )
    return _Read(rows, columns)


def _after(node: Node, axis: int) -> int:
    return int(node.shape[1 + axis]) if len(node.shape) == 3 else 1


@lru_cache(maxsize=1024)
def _along_axis(layer: Layer, axis: int, before: int, after: int) -> int:
    if layer.window:
        return _along(layer.window, axis, before)
    if not layer.structure_known or layer.places(0, axis, before, after) is None:
        return _all(before)
    bits = 0
    for place in range(after):
        read = layer.places(place, axis, before, after) or range(0)
        if read == range(before):
            return _all(before)
        bits |= sum(1 << index for index in read)
    return bits


@lru_cache(maxsize=1024)
def _along(window: Window, axis: int, size: int) -> int:
    """What all windows along one axis read of a map, as bits.

    A pixel is read if its place in the padded map is a window's number times the stride and a tap's
    number times the dilation. The numbers of the windows that can read it are those of one
    remainder, of which the smallest one is tried.
    """
    stride, step = window.stride[axis], window.dilation[axis]
    count = int(window.output(size, size)[axis])
    shared = gcd(stride, step)
    period = step // shared
    inverse = pow(stride // shared, -1, period)

    def is_read(place: int) -> bool:
        first = max(0, -(((window.kernel[axis] - 1) * step - place) // stride))
        last = min(count - 1, place // stride)
        number = first + (place // shared * inverse - first) % period
        return place % shared == 0 and number <= last

    before, _ = window.sides(axis)
    places = range(before, before + size)
    return int("".join("01"[is_read(place)] for place in reversed(places)), 2)


def _unread(reads: Sequence[_Read], height: int, width: int) -> int:
    """Pixels that none of `reads` has."""
    if any(read == _Read(_all(height), _all(width)) for read in reads):
        return 0
    total = 0
    for row in range(height):
        seen = _union([read.columns for read in reads if read.rows >> row & 1])
        total += width - seen.bit_count()
    return total


def _listed(what: str, size: int, missed: int) -> str:
    """`row 31`, `rows 30 and 31`, or how many."""
    places = [place for place in range(size) if missed >> place & 1]
    if not places:
        return ""
    if len(places) > 2:
        return f"{len(places)} {what}s"
    return f"{what}{'s' * (len(places) > 1)} {' and '.join(map(str, places))}"


def _fix(readers: Sequence[Node], sizes: tuple[int, int]) -> str:
    """The sizes nearest to these that one of the windows reads whole."""
    windows = [reader.layer.window for reader in readers if reader.layer.window]
    fits = [_nearest(window, sizes) for window in windows]
    whole = next((result for result in fits if result), "")
    if whole:
        return f"{whole} would be read whole"
    return "a kernel as large as its stride" if windows else ""


def _nearest(window: Window, sizes: tuple[int, int]) -> str:
    below, above = [], []
    for axis in (0, 1):
        reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1
        span = range(min(window.stride[axis], _FARTHEST) + 1)
        smaller = (sizes[axis] - step for step in span)
        larger = (sizes[axis] + step for step in span)
        fitting = [
            next((s for s in trial if s >= reach and _along(window, axis, s) == _all(s)), 0)
            for trial in (smaller, larger)
        ]
        below.append(fitting[0])
        above.append(fitting[1])
    whole = [f"{height}x{width}" for height, width in (below, above) if height and width]
    return " or ".join(dict.fromkeys(whole))


def _all(size: int) -> int:
    return (1 << size) - 1


def _union(masks: Sequence[int]) -> int:
    number = 0
    for mask in masks:
        number |= mask
    return number


def _proposals(spec: Spec) -> Iterator[Changes]:
    channels, height, width = spec.input
    yield {"stride_in": "3x3"}
    yield from ({"padding": rule} for rule in ("odd-resolution", "same"))
    yield from (
        {"input": (channels, height + more, width + more)} for more in (-1, 1, -2, 2, -3, 3)
    )


RULE = Rule(
    id="HA201",
    severity="warning",
    summary="pixels of a map that no layer reads",
    explanation=(
        "A stride-2 window without padding fits an odd size and leaves the last row and column of "
        "an even one unread; a 1x1 window with stride 2 reads one pixel of four. They are computed "
        "for nothing, and what the image shows there is lost. All layers that read the map are "
        "looked at together: what another one reads is not lost."
    ),
    advice="an odd size, a padding that reaches the edge, or a kernel as large as its stride "
    "(henet-arch plan finds sizes)",
    source="HENet section 3.3; He et al., Bag of Tricks (arXiv:1812.01187), section 4.2",
    check=_check,
    keys=("padding", "input"),
    proposals=_proposals,
)
