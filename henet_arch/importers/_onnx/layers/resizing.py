"""Resizing, where ONNX's many ways agree with PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, inf, nextafter

from ....ir.layers import Resize
from ..network import Missing, Op
from ..shapes.moves import resize_factors
from .part import Mapper, Part, single

_MOST = 100_000
"""Rows or columns whose sources are compared one by one."""


def resize(op: Op) -> list[Part] | None:
    before, after = op.shape(), op.output.shape or ()
    if len(before) != 4 or before[:2] != after[:2] or max(after) > _MOST:
        return None
    if op.text("keep_aspect_ratio_policy", "stretch") != "stretch" and not resize_factors(op):
        return None
    mode = op.text("mode", "nearest")
    factors = _factors(op)
    layer = _nearest(op, factors) if mode == "nearest" else _smooth(op, mode, factors)
    return None if layer is None else single(op, layer)


def _factors(op: Op) -> tuple[float, float]:
    """What the height and the width are multiplied by."""
    before, after = op.shape(), op.output.shape or ()
    given = resize_factors(op)
    if given is not None and "axes" not in op.attributes:
        return _meant(given[2], before[2], after[2]), _meant(given[3], before[3], after[3])
    return after[2] / before[2], after[3] / before[3]


def _meant(factor: float, size: int, goal: int) -> float:
    """The factor, or the number next to it by which a size is not rounded to another one."""
    way = inf if int(size * factor) < goal else 0.0
    return factor if int(size * factor) == goal else nextafter(factor, way)


def _layer(op: Op, factors: tuple[float, float], mode: str, align_corners: bool = False) -> Resize:
    """A resize by factors where they give the size exactly, or to the size."""
    before, after = op.shape()[2:], (op.output.shape or ())[2:]
    exact = all(
        size * factor == goal for size, factor, goal in zip(before, factors, after, strict=True)
    )
    scaled = resize_factors(op) is not None
    if align_corners and scaled and not exact:
        raise Missing(f"{op.place} aligns corners that are no pixels")
    if scaled or (exact and not align_corners and not op.place.layer):
        return Resize(factors, None, mode, align_corners)
    return Resize(None, (after[0], after[1]), mode, align_corners)


def _nearest(op: Op, factors: tuple[float, float]) -> Resize | None:
    """Where each pixel comes from the one that PyTorch takes."""
    layer = _layer(op, factors, "nearest")
    around = _ROUNDINGS.get(op.text("nearest_mode", "round_prefer_floor"))
    where = "asymmetric" if _is_old(op) else op.text("coordinate_transformation_mode", "half_pixel")
    round_ = floor if _is_old(op) else around
    source = _SOURCES.get(where)
    if round_ is None or source is None:
        return None
    for size, goal, factor in zip(
        op.shape()[2:], (op.output.shape or ())[2:], factors, strict=True
    ):
        for place in range(goal):
            theirs = min(max(round_(source(place, size, goal, factor)), 0), size - 1)
            if theirs != min(floor(place / factor), size - 1):
                return None
    return layer


def _is_old(op: Op) -> bool:
    """Whether the version has one way alone."""
    return op.kind == "Upsample" or op.version < 11


def _smooth(op: Op, mode: str, factors: tuple[float, float]) -> Resize | None:
    named = {"linear": "bilinear", "bilinear": "bilinear", "cubic": "bicubic"}.get(mode)
    plain = not op.integer("antialias") and not op.integer("exclude_outside")
    cubic = named != "bicubic" or op.real("cubic_coeff_a", -0.75) == -0.75
    if _is_old(op) or named is None or not plain or not cubic:
        return None
    where = op.text("coordinate_transformation_mode", "half_pixel")
    if where == "align_corners":
        return _layer(op, factors, named, align_corners=True)
    single_ = 1 in (op.output.shape or ())[2:]
    alike = where == "half_pixel" or (where == "pytorch_half_pixel" and not single_)
    return _layer(op, factors, named) if alike else None


Source = Callable[[int, int, int, float], float]
_SOURCES: dict[str, Source] = {
    "asymmetric": lambda x, size, goal, factor: x / factor,
    "half_pixel": lambda x, size, goal, factor: (x + 0.5) / factor - 0.5,
    "pytorch_half_pixel": lambda x, size, goal, factor: (
        (x + 0.5) / factor - 0.5 if goal > 1 else 0.0
    ),
    "align_corners": lambda x, size, goal, factor: x * (size - 1) / (goal - 1) if goal > 1 else 0.0,
}
"""Where a pixel lies in the map before, by `coordinate_transformation_mode`."""
_ROUNDINGS: dict[str, Callable[[float], int]] = {
    "round_prefer_floor": lambda x: ceil(x - 0.5),
    "round_prefer_ceil": lambda x: floor(x + 0.5),
    "floor": floor,
    "ceil": ceil,
}


def nearest(op: Op) -> list[Part]:
    """What the patterns make of rows and columns that are looked up."""
    _, _, height, width = op.output.shape or ()
    factors = op.attributes.get("factors")
    return single(op, Resize(factors) if factors else Resize(size=(height, width)))


MAPPERS: dict[str, Mapper] = {"NearestResize": nearest, "Resize": resize, "Upsample": resize}
