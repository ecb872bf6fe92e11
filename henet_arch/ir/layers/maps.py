"""Maps with other rows and columns: padded, cut, or of another size."""

from __future__ import annotations

import struct
from collections.abc import Hashable
from fractions import Fraction
from math import floor, prod

from ...support.errors import LayerError, ShapeError, look_up
from ..dims import Dim, Factors, Pair, Shape, Sides, Word, format_shape, ratio, require_at_least
from ..layer import Layer, Ops, kind
from ._fit import map_of

_PADS = ("constant", "reflect", "replicate")
_READS = {"nearest": 1, "bilinear": 2, "bicubic": 4}
"""Rows and columns that an element of a resized map is made of."""


@kind("pad2d")
class Pad2d(Layer):
    """Rows and columns around a map, `(C, H, W) -> (C, H', W')`.

    Source: `torch.nn.functional.pad` with its modes.
    """

    padding: Sides
    mode: Word = "constant"
    """`constant` (`value`), `reflect` (without the edge) or `replicate` (the edge)."""
    value: float = 0.0
    rare = ("mode", "value")

    def check(self) -> None:
        look_up(self.mode, dict.fromkeys(_PADS), "mode of padding")
        if self.value and self.mode != "constant":
            raise LayerError(f"value = {self.value} without effect", why=f"mode={self.mode!r}")

    @property
    def form(self) -> Hashable:
        return (self.padding, self.mode, self.value == 0)

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = map_of(self, inputs[0])
        above, below, left, right = self.padding
        for size, sides in ((height, (above, below)), (width, (left, right))):
            if self.mode == "reflect" and not require_at_least(size, max(sides) + 1):
                raise ShapeError(f"{max(sides)} reflected elements of {size}: one has no mirror")
        return (channels, above + height + below, left + width + right)

    @property
    def keeps_sign(self) -> bool:
        return self.value >= 0

    def places(self, place: int, axis: int, before: int, after: int) -> range:
        source = place - self.padding[2 * axis]
        if 0 <= source < before:
            return range(source, source + 1)
        if self.mode == "constant":
            return range(0)
        last = before - 1
        if self.mode == "reflect":
            source = -source if source < 0 else 2 * last - source
        source = min(max(source, 0), last)
        return range(source, source + 1)


@kind("crop2d")
class Crop2d(Layer):
    """A map without its outermost rows and columns, `(C, H, W) -> (C, H', W')`.

    Source: slices of tensors, `x[:, :, above:-below:stride]`.
    """

    edges: Sides
    """How many above, below, left and right are taken away."""
    stride: Pair = (1, 1)
    """Of the rows and of the columns that are left each so many-th is kept, from the first on."""
    rare = ("stride",)

    @property
    def form(self) -> Hashable:
        return (self.edges, self.stride)

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = map_of(self, inputs[0])
        above, below, left, right = self.edges
        rows, columns = height - above - below, width - left - right
        if not (require_at_least(rows, 1) and require_at_least(columns, 1)):
            raise ShapeError(
                f"nothing is left of a map of {format_shape((height, width))} without "
                f"{format_shape(self.edges)} at its sides"
            )
        return (channels, *map(_every, (rows, columns), self.stride))

    def places(self, place: int, axis: int, before: int, after: int) -> range:
        source = place * self.stride[axis] + self.edges[2 * axis]
        return range(source, source + 1)

    def spacing(self, axis: int, before: Dim, after: Dim) -> Dim | Fraction:
        return self.stride[axis]


def _every(size: Dim, stride: int) -> Dim:
    """How many of `size` are kept; symbols take their time."""
    return size if stride == 1 else (size + stride - 1) // stride


@kind("resize")
class Resize(Layer):
    """A map at another size, `(C, H, W) -> (C, H', W')`, by factors or to a size.

    A new size is rounded down. Between pixels, values are weighted (bilinear) or follow a cubic
    (bicubic); that takes 6 multiplications and 3 additions, or 20 and 15, for each element.
    Source: `torch.nn.functional.interpolate`, which keeps the factors that it is given.
    """

    factor: Factors = None
    size: Pair | None = None
    mode: Word = "nearest"
    align_corners: bool = False
    """Whether the outermost pixels stay where they are, instead of the edges."""
    rare = ("factor", "size", "align_corners")

    def check(self) -> None:
        look_up(self.mode, _READS, "mode of resizing")
        if (self.factor is None) == (self.size is None):
            raise LayerError("a resize has a factor or a size, one of the two", fix="factor=2.0")
        if self.align_corners and self.mode == "nearest":
            raise LayerError("align_corners has no effect", why="mode='nearest'")

    @property
    def form(self) -> Hashable:
        return (self.size is None, self.mode, self.align_corners)

    def infer(self, *inputs: Shape) -> Shape:
        channels, *sizes = map_of(self, inputs[0])
        if self.size:
            return (channels, *self.size)
        rows, columns = map(_times, sizes, self.factor or (1.0, 1.0))
        if not (require_at_least(rows, 1) and require_at_least(columns, 1)):
            raise ShapeError(
                f"{self.factor} leaves nothing of a map of {format_shape(tuple(sizes))}"
            )
        return (channels, rows, columns)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        taps, elements = _READS[self.mode], prod(output)
        return Ops(
            mul=(taps + 1) * taps * elements if taps > 1 else 0,
            add=(taps + 1) * (taps - 1) * elements,
        )

    def places(self, place: int, axis: int, before: int, after: int) -> range:
        taps = _READS[self.mode]
        if taps == 1:
            first = self.copied(place, axis, before, after)
            return range(first, first + 1)
        at = self._source(place, axis, before, after)
        if at.denominator == 1:  # the others weigh 0 here
            first = min(max(int(at), 0), before - 1)
            return range(first, first + 1)
        first = floor(at) - taps // 2 + 1
        return range(max(0, min(first, before - 1)), min(before, max(first + taps, 1)))

    def copied(self, place: int, axis: int, before: int, after: int) -> int:
        """The row (axis 0) or column (1) that one of a nearest map is a copy of.

        PyTorch copies maps of equal size, doubles those of twice the size, and else rounds in
        single precision before it rounds down.
        """
        if before == after:
            return place
        if after == 2 * before:
            return place // 2
        step = _single(1 / self.factor[axis] if self.factor else before / after)
        return min(floor(_single(place * step)), before - 1)

    @property
    def keeps_sign(self) -> bool:
        return self.mode != "bicubic"  # which swings beyond its neighbours

    def spacing(self, axis: int, before: Dim, after: Dim) -> Dim | Fraction:
        if self.align_corners:
            return ratio(before - 1, after - 1) if after != 1 else 1
        return 1 / Fraction(self.factor[axis]) if self.factor else ratio(before, after)

    def _source(self, place: int, axis: int, before: int, after: int) -> Fraction:
        """Where a place of the output lies among those of the input."""
        if self.align_corners:
            return Fraction(place * (before - 1), max(after - 1, 1))
        if before == after and self.mode == "bilinear":  # which PyTorch copies
            return Fraction(place)
        step = 1 / _exact(self.factor[axis]) if self.factor else Fraction(before, after)
        at = (place + Fraction(1, 2)) * step - Fraction(1, 2)
        return max(at, Fraction(0)) if self.mode == "bilinear" else at


def _single(value: float) -> float:
    """The nearest number in single precision."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _times(size: Dim, factor: float) -> Dim:
    if isinstance(size, int):
        return int(size * factor)
    ratio = _exact(factor)
    return size * ratio.numerator // ratio.denominator


def _exact(factor: float) -> Fraction:
    """The ratio of small numbers that was meant: 1/3 for 0.3333333333333333."""
    ratio = Fraction(factor).limit_denominator(10_000)
    return ratio if float(ratio) == factor else Fraction(factor)
