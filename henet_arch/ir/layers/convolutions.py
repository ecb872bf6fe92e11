"""Convolutions, and the one that goes the other way."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import gcd, prod

from ...support.errors import GroupingError, LayerError, ShapeError
from ..attributes import by_side
from ..dims import (
    Amounts,
    Dim,
    Padding,
    Pair,
    Shape,
    Window,
    divides,
    format_shape,
    require_at_least,
)
from ..layer import Layer, Ops, kind
from ._fit import expect, map_of, require_positive, slid


@kind("conv2d")
class Conv2d(Layer):
    """Grouped two-dimensional convolution, `(C, H, W) -> (C', H', W')`.

    Source: `torch.nn.Conv2d`, zero padding. `padding="same"` becomes numbers, as PyTorch has them.
    """

    in_channels: Dim
    out_channels: Dim
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    groups: Dim = 1
    bias: bool = True

    def check(self) -> None:
        if isinstance(self.padding, str):  # "same"
            if self.stride != (1, 1):
                raise LayerError(
                    f"padding 'same' with a stride of {format_shape(self.stride)}",
                    why="how much it is depends on the map",
                    fix="padding=(above, below, left, right)",
                )
            (rows, columns), (down, across) = self.kernel, self.dilation
            height, width = down * (rows - 1), across * (columns - 1)
            sides = (height // 2, height - height // 2, width // 2, width - width // 2)
            object.__setattr__(self, "padding", by_side(*sides))

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = map_of(self, inputs[0])
        expect("input channels", self.in_channels, channels)
        require_positive("groups", self.groups)
        require_positive("out_channels", self.out_channels)
        for side, count in (("input", self.in_channels), ("output", self.out_channels)):
            if divides(self.groups, count) is False:
                raise GroupingError(f"{self.groups} groups do not divide {count} {side} channels")
        return (self.out_channels, *slid(self.window, height, width))

    def weights(self) -> dict[str, Shape]:
        weight: Shape = (self.out_channels, self.in_channels // self.groups, *self.kernel)
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        elements = output[0] * output[1] * output[2]
        taps = (self.in_channels // self.groups) * self.kernel[0] * self.kernel[1]
        return Ops(elements * taps, elements if self.bias else 0)

    @property
    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.padding, self.dilation)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        group = channel * self.groups // self.out_channels
        size = self.in_channels // self.groups
        return (range(group * size, (group + 1) * size),)

    def ungrouped(self) -> Layer:
        return replace(self, groups=1)


@kind("conv_transpose2d")
class ConvTranspose2d(Layer):
    """The convolution that goes the other way, `(C, H, W) -> (C', H', W')`.

    Each element of the input gives a window of the output, and windows add up where they overlap.
    What falls into the padding is computed and thrown away.
    Source: `torch.nn.ConvTranspose2d`.
    """

    in_channels: Dim
    out_channels: Dim
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Amounts = (0, 0)
    output_padding: Amounts = (0, 0)
    """Rows and columns more at the far edges, which no window reaches but a bias does."""
    dilation: Pair = (1, 1)
    groups: Dim = 1
    bias: bool = True
    input_first = True

    def check(self) -> None:
        for more, stride, dilation in zip(
            self.output_padding, self.stride, self.dilation, strict=True
        ):
            if more >= max(stride, dilation):
                raise LayerError(
                    f"an output padding of {more} with stride {stride} and dilation {dilation}",
                    why="it chooses among the sizes that one stride or dilation gives",
                    fix=f"less than {max(stride, dilation)}",
                )

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = map_of(self, inputs[0])
        expect("input channels", self.in_channels, channels)
        for side, count in (("input", self.in_channels), ("output", self.out_channels)):
            if divides(self.groups, count) is False:
                raise GroupingError(f"{self.groups} groups do not divide {count} {side} channels")
        below, right = (self._along(axis, size) for axis, size in enumerate((height, width)))
        if not (require_at_least(below, 1) and require_at_least(right, 1)):
            raise ShapeError(
                f"padding {format_shape(self.padding)} leaves nothing of a map of "
                f"{format_shape((height, width))}"
            )
        return (self.out_channels, below, right)

    def _along(self, axis: int, size: Dim) -> Dim:
        reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        whole = (size - 1) * self.stride[axis] + reach
        return whole - 2 * self.padding[axis] + self.output_padding[axis]

    def weights(self) -> dict[str, Shape]:
        weight: Shape = (self.in_channels, self.out_channels // self.groups, *self.kernel)
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        taps = (self.out_channels // self.groups) * self.kernel[0] * self.kernel[1]
        return Ops(prod(inputs[0]) * taps, prod(output) if self.bias else 0)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        group = channel * self.groups // self.out_channels
        size = self.in_channels // self.groups
        return (range(group * size, (group + 1) * size),)

    def places(self, place: int, axis: int, before: int, after: int) -> range:
        """Those of which a tap falls here: `stride * row + dilation * tap = place + padding`."""
        stride, dilation = self.stride[axis], self.dilation[axis]
        target, shared = place + self.padding[axis], gcd(stride, dilation)
        period, apart = stride // shared, dilation // shared
        tap = target // shared * pow(apart, -1, period) % period
        if target % shared or tap >= self.kernel[axis]:
            return range(0)
        last = (target - dilation * tap) // stride
        first = last - (self.kernel[axis] - 1 - tap) // period * apart
        return range(first if first >= 0 else first % apart, min(last + 1, before), apart)

    def spacing(self, axis: int, before: Dim, after: Dim) -> Dim | Fraction:
        return Fraction(1, self.stride[axis])

    def ungrouped(self) -> Layer:
        return replace(self, groups=1)
