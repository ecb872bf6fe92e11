"""Which rows and columns of its source each one of a step's output is made of."""

from __future__ import annotations

from math import floor
from typing import NamedTuple, cast

from ..ir.layers import AdaptiveAvgPool2d, AdaptiveMaxPool2d, ConvTranspose2d, Pad2d, Resize
from .program import Step
from .transposed import sources

_SHARPNESS = -0.75
"""Of the cubic, as PyTorch has it."""


class Blend(NamedTuple):
    """The elements along one axis that an output is made of, and the shares that they have."""

    at: tuple[int, ...]
    shares: tuple[float, ...]


def picked(step: Step, axis: int) -> list[int]:
    """For each row (axis 0) or column (1) the one that it is a copy of; -1 for none."""
    before, after = step.source.size[axis], step.size[axis]
    layer = step.node.layer
    if step.part.startswith("wide"):
        return [0] * after if before == 1 else list(range(after))
    if isinstance(layer, ConvTranspose2d):
        return sources(layer, axis, before)
    if isinstance(layer, Resize):
        return [layer.copied(place, axis, before, after) for place in range(after)]
    reads = (cast(range, layer.places(place, axis, before, after)) for place in range(after))
    return [read[0] if read else -1 for read in reads]


def background(step: Step) -> float:
    """What stands where a step copies nothing."""
    layer = step.node.layer
    return layer.value if isinstance(layer, Pad2d) and not step.part else 0.0


def windows(step: Step, axis: int) -> list[range]:
    """For each row or column of an adaptive pool those of the source that it is made of."""
    layer = step.node.layer
    if not isinstance(layer, AdaptiveAvgPool2d | AdaptiveMaxPool2d):
        raise TypeError(f"{step.name} is no adaptive pool")
    before, after = step.source.size[axis], step.size[axis]
    return [layer.places(place, axis, before, after) for place in range(after)]


def blended(step: Step, axis: int) -> list[Blend]:
    """For each row or column of a resized map what it is made of."""
    layer = step.node.layer
    if not isinstance(layer, Resize):
        raise TypeError(f"{step.name} is no resize")
    before, after = step.source.size[axis], step.size[axis]
    make = _cubic if layer.mode == "bicubic" else _linear
    return [make(layer, place, axis, before, after) for place in range(after)]


def _linear(layer: Resize, place: int, axis: int, before: int, after: int) -> Blend:
    if before == after:
        return Blend((place, place), (1.0, 0.0))
    at = max(_source(layer, place, axis, before, after), 0.0)
    first = min(floor(at), before - 1)
    share = min(max(at - first, 0.0), 1.0)
    return Blend((first, min(first + 1, before - 1)), (1 - share, share))


def _cubic(layer: Resize, place: int, axis: int, before: int, after: int) -> Blend:
    at = _source(layer, place, axis, before, after)
    first = min(floor(at), before - 1)
    share = min(max(at - first, 0.0), 1.0)
    taps = tuple(min(max(first + tap, 0), before - 1) for tap in (-1, 0, 1, 2))
    distances = (share + 1, share, 1 - share, 2 - share)
    return Blend(taps, tuple(map(_weight, distances)))


def _weight(distance: float) -> float:
    """Of Keys' cubic convolution."""
    a, d = _SHARPNESS, distance
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a


def _source(layer: Resize, place: int, axis: int, before: int, after: int) -> float:
    """Where a place of the output lies among those of the source."""
    if layer.align_corners:
        return place * (before - 1) / (after - 1) if after > 1 else 0.0
    return _step(layer, axis, before, after) * (place + 0.5) - 0.5


def _step(layer: Resize, axis: int, before: int, after: int) -> float:
    return 1 / layer.factor[axis] if layer.factor else before / after
