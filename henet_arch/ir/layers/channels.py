"""What moves channels, or looks along them."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from math import prod

from ...support.errors import GroupingError, ShapeError
from ..dims import Amount, Dim, Shape, divides, format_shape, require_at_least
from ..layer import Layer, Ops, kind
from ._fit import map_of, require_positive


@kind("softmax")
class Softmax(Layer):
    """Exponentials as shares of their sum over the channels, any shape.

    The largest element is found and subtracted first, as PyTorch does.
    """

    in_place = True

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        elements, places = prod(output), prod(output[1:])
        return Ops(compare=elements - places, add=2 * elements - places, exp=elements, div=elements)

    @property
    def never_negative(self) -> bool:
        return True

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        return (range(inputs[0][0]),)


@kind("pad_channels")
class PadChannels(Layer):
    """Channels of zeros before and after the others, `(C, H, W) -> (before + C + after, H, W)`."""

    before: Amount
    after: Amount

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = map_of(self, inputs[0])
        if not (require_at_least(self.before, 0) and require_at_least(self.after, 0)):
            raise ShapeError(f"{self.before} and {self.after} channels of zeros: one is below 0")
        return (self.before + channels + self.after, height, width)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        source = channel - self.before
        inside = 0 <= source < inputs[0][0]
        return (range(source, source + 1) if inside else range(0),)


@kind("channel_shuffle")
class ChannelShuffle(Layer):
    """Channels as a (groups, C / groups) table read by columns, `(C, H, W) -> (C, H, W)`.

    Source: `torch.nn.ChannelShuffle`; ShuffleNet (arXiv:1707.01083), section 3.1.
    """

    groups: Dim

    def infer(self, *inputs: Shape) -> Shape:
        channels = map_of(self, inputs[0])[0]
        require_positive("groups", self.groups)
        if divides(self.groups, channels) is False:
            raise GroupingError(
                f"{self.groups} groups do not divide {channels} channels to shuffle"
            )
        return inputs[0]

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        column, row = divmod(channel, self.groups)
        source = row * (inputs[0][0] // self.groups) + column
        return (range(source, source + 1),)


@kind("slice_channels")
class SliceChannels(Layer):
    """Channels `start`, `start + step`, ... before `stop`, `(C, H, W) -> (C', H, W)`, any shape."""

    start: Amount
    stop: Dim
    step: int = 1
    rare = ("step",)

    @property
    def form(self) -> Hashable:
        return (self.start == 0, self.step)

    def infer(self, *inputs: Shape) -> Shape:
        channels, *sizes = inputs[0]
        if not require_at_least(channels - self.stop, 0):
            raise ShapeError(f"a slice up to channel {self.stop} of {channels} channels")
        if not require_at_least(self.stop - self.start, 1):
            raise ShapeError(f"a slice from channel {self.start} to {self.stop} has none")
        return ((self.stop - self.start + self.step - 1) // self.step, *sizes)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        source = self.start + channel * self.step
        return (range(source, source + 1),)


@kind("pixel_shuffle")
class PixelShuffle(Layer):
    """Blocks of pixels from groups of channels, `(C * f * f, H, W) -> (C, f * H, f * W)`.

    Source: `torch.nn.PixelShuffle`.
    """

    factor: int
    ordered = True

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = map_of(self, inputs[0])
        if divides(self.factor**2, channels) is False:
            raise GroupingError(
                f"blocks of {self.factor} x {self.factor} pixels do not divide {channels} channels"
            )
        return (channels // self.factor**2, self.factor * height, self.factor * width)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        first = channel * self.factor**2
        return (range(first, first + self.factor**2),)

    def places(self, place: int, axis: int, before: int, after: int) -> range:
        return range(place // self.factor, place // self.factor + 1)

    def spacing(self, axis: int, before: Dim, after: Dim) -> Dim | Fraction:
        return Fraction(1, self.factor)


@kind("pixel_unshuffle")
class PixelUnshuffle(Layer):
    """Channels from blocks of pixels, `(C, H, W) -> (C * f * f, H / f, W / f)`.

    Source: `torch.nn.PixelUnshuffle`.
    """

    factor: int

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = map_of(self, inputs[0])
        for size in (height, width):
            if divides(self.factor, size) is False:
                raise ShapeError(
                    f"blocks of {self.factor} x {self.factor} pixels do not divide a map of "
                    f"{format_shape((height, width))}"
                )
        return (channels * self.factor**2, height // self.factor, width // self.factor)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        source = channel // self.pixels(inputs)
        return (range(source, source + 1),)

    def pixels(self, inputs: tuple[Shape, ...]) -> int:
        return self.factor**2

    def places(self, place: int, axis: int, before: int, after: int) -> range:
        return range(place * self.factor, (place + 1) * self.factor)

    def spacing(self, axis: int, before: Dim, after: Dim) -> Dim | Fraction:
        return self.factor


@kind("channel_mean")
class ChannelMean(Layer):
    """The mean of all channels at each place, `(C, H, W) -> (1, H, W)`."""

    def infer(self, *inputs: Shape) -> Shape:
        return (1, *map_of(self, inputs[0])[1:])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(add=prod(inputs[0]) - prod(output), div=prod(output))

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        return (range(inputs[0][0]),)


@kind("channel_max")
class ChannelMax(Layer):
    """The largest channel at each place, `(C, H, W) -> (1, H, W)`."""

    def infer(self, *inputs: Shape) -> Shape:
        return (1, *map_of(self, inputs[0])[1:])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(compare=prod(inputs[0]) - prod(output))

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        return (range(inputs[0][0]),)
