"""One element for each window, or for the whole map."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from math import gcd, prod

from ...support.errors import LayerError, ShapeError
from ..dims import Dim, Padding, Pair, Shape, Window, divides, format_shape, ratio
from ..layer import Layer, Ops, kind
from ._fit import map_of, slid


@kind("avg_pool2d")
class AvgPool2d(Layer):
    """Mean over each window, `(C, H, W) -> (C, H', W')`.

    The padding is zeros, and its operations count, whatever the sum is divided by.
    Source: `torch.nn.AvgPool2d`.
    """

    kernel: Pair
    stride: Pair
    padding: Padding = (0, 0)
    ceil_mode: bool = False
    count_include_pad: bool = True
    """Whether the mean is over the padding too."""
    divisor_override: int | None = None
    """What each sum is divided by; None for the elements of its window."""
    rare = ("count_include_pad", "divisor_override")

    def check(self) -> None:
        check_pool(self.window)

    def infer(self, *inputs: Shape) -> Shape:
        return pooled(self, self.window, inputs[0])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        elements = prod(output)
        return Ops(add=output[0] * self.window.taps(*inputs[0][1:]) - elements, div=elements)

    def simplest(self, inputs: tuple[Shape, ...]) -> Layer:
        is_global = self.divisor_override is None and _covers(self.window, inputs[0])
        return GlobalAvgPool2d() if is_global else self

    @property
    def form(self) -> Hashable:
        return self.sides and (self.sides, self.count_include_pad, self.divisor_override is None)

    def is_uneven(self, size: Pair, output: Pair) -> bool:
        """Whether the windows over a map of `size` divide by numbers of their own."""
        if self.divisor_override is not None:
            return False
        if not self.count_include_pad and any(self.padding):
            return True
        window = self.window
        return any(
            (output[axis] - 1) * window.stride[axis] + window.kernel[axis]
            > size[axis] + sum(window.sides(axis))
            for axis in (0, 1)
        )

    @property
    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.padding, ceil_mode=self.ceil_mode)


@kind("max_pool2d")
class MaxPool2d(Layer):
    """Largest element of each window, `(C, H, W) -> (C, H', W')`.

    Source: `torch.nn.MaxPool2d`; padding is counted, though PyTorch never reads it.
    """

    kernel: Pair
    stride: Pair
    padding: Padding = (0, 0)
    ceil_mode: bool = False

    def check(self) -> None:
        check_pool(self.window)

    def infer(self, *inputs: Shape) -> Shape:
        return pooled(self, self.window, inputs[0])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(compare=output[0] * self.window.taps(*inputs[0][1:]) - prod(output))

    def simplest(self, inputs: tuple[Shape, ...]) -> Layer:
        return GlobalMaxPool2d() if _covers(self.window, inputs[0]) else self

    @property
    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.padding, ceil_mode=self.ceil_mode)


@kind("global_avg_pool2d")
class GlobalAvgPool2d(Layer):
    """Mean of each channel, `(C, H, W) -> (C, 1, 1)`.

    Source: `torch.nn.AdaptiveAvgPool2d(1)`.
    """

    def infer(self, *inputs: Shape) -> Shape:
        return (map_of(self, inputs[0])[0], 1, 1)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        channels, height, width = inputs[0]
        return Ops(add=channels * (height * width - 1), div=channels)


@kind("global_max_pool2d")
class GlobalMaxPool2d(Layer):
    """Largest element of each channel, `(C, H, W) -> (C, 1, 1)`.

    Source: `torch.nn.AdaptiveMaxPool2d(1)`.
    """

    def infer(self, *inputs: Shape) -> Shape:
        return (map_of(self, inputs[0])[0], 1, 1)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        channels, height, width = inputs[0]
        return Ops(compare=channels * (height * width - 1))


class _AdaptivePool(Layer):
    """Windows that divide a map of any size among so many rows and columns."""

    __slots__ = ()
    size: Pair

    def infer(self, *inputs: Shape) -> Shape:
        return (map_of(self, inputs[0])[0], *self.size)

    def taps(self, shape: Shape) -> Dim:
        """Elements that the windows over all channels read; some are read twice."""
        channels, *sizes = shape
        rows, columns = (_shared(size, parts) for size, parts in zip(sizes, self.size, strict=True))
        return channels * rows * columns

    def places(self, place: int, axis: int, before: int, after: int) -> range:
        return range(place * before // after, -(-(place + 1) * before // after))

    def spacing(self, axis: int, before: Dim, after: Dim) -> Dim | Fraction:
        return ratio(before, after)


def _shared(size: Dim, parts: int) -> Dim:
    """The lengths of `parts` windows from floor(i * size / parts) to ceil((i + 1) * size / parts).

    Two neighbours share an element where their border falls inside it. A size that is left open is
    taken to be divided without that.
    """
    if isinstance(size, int):
        return size + parts - gcd(size, parts)
    if parts > 1 and divides(parts, size, required=False) is False:
        raise TypeError(f"{parts} windows that share elements need numbers, not {size}")
    return size


@kind("adaptive_avg_pool2d")
class AdaptiveAvgPool2d(_AdaptivePool):
    """Means over windows that divide the map, `(C, H, W) -> (C, *size)`.

    Source: `torch.nn.AdaptiveAvgPool2d`.
    """

    size: Pair

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(add=self.taps(inputs[0]) - prod(output), div=prod(output))

    def simplest(self, inputs: tuple[Shape, ...]) -> Layer:
        return GlobalAvgPool2d() if self.size == (1, 1) else self


@kind("adaptive_max_pool2d")
class AdaptiveMaxPool2d(_AdaptivePool):
    """Largest elements of windows that divide the map, `(C, H, W) -> (C, *size)`.

    Source: `torch.nn.AdaptiveMaxPool2d`.
    """

    size: Pair

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(compare=self.taps(inputs[0]) - prod(output))

    def simplest(self, inputs: tuple[Shape, ...]) -> Layer:
        return GlobalMaxPool2d() if self.size == (1, 1) else self


def _covers(window: Window, shape: Shape) -> bool:
    """Whether the one window is the whole map."""
    return window.kernel == shape[1:] and not any(window.padding)


def check_pool(window: Window) -> None:
    if isinstance(window.padding, str):
        raise LayerError(
            f"padding = {window.padding!r}",
            why="PyTorch's pools take numbers alone",
            fix="padding=(above, below, left, right)",
        )
    if window.ceil_mode and len(window.padding) == 4:
        raise LayerError(
            f"ceil_mode with the padding {format_shape(window.padding)}, which differs by side",
            why="libraries disagree on windows that begin in the padding",
            fix="ceil_mode=False, and as much padding as the last window needs",
        )


def pooled(layer: Layer, window: Window, shape: Shape) -> Shape:
    channels, height, width = map_of(layer, shape)
    for axis, size in enumerate(window.kernel):
        for pad in window.sides(axis):
            if isinstance(pad, int) and 2 * pad > size:  # a rule pads a size left open by less
                raise ShapeError(f"padding {pad} is more than half of the pooling kernel {size}")
    return (channels, *slid(window, height, width))
