"""The kinds of layers, one small frozen class each.

Behaviour and weight layout match the PyTorch module of the same name; batch norm is counted as at
inference, with running statistics and not folded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import lru_cache
from math import prod
from typing import Any

from ..support.errors import GroupingError, LayerError, ShapeError, look_up
from .attributes import by_side, number
from .dims import (
    Amount,
    Dim,
    Padding,
    Pair,
    Shape,
    Window,
    can_equal,
    certainly_below,
    divides,
    format_shape,
    require_at_least,
)
from .functions import FUNCTIONS, Function
from .layer import KINDS, Layer, Ops, check_names, kind


@kind("input")
class Input(Layer):
    """The image, `() -> (C, H, W)`."""

    shape: Shape
    arity = (0, 0)

    def infer(self, *inputs: Shape) -> Shape:
        if not all(require_at_least(size, 1) for size in self.shape):
            raise ShapeError(f"input {format_shape(self.shape)} has a size below 1")
        return self.shape


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
        channels, height, width = _map(self, inputs[0])
        _expect("input channels", self.in_channels, channels)
        _positive("groups", self.groups)
        _positive("out_channels", self.out_channels)
        for side, count in (("input", self.in_channels), ("output", self.out_channels)):
            if divides(self.groups, count) is False:
                raise GroupingError(f"{self.groups} groups do not divide {count} {side} channels")
        return (self.out_channels, *_slide(self.window, height, width))

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


@kind("batch_norm2d")
class BatchNorm2d(Layer):
    """Batch normalisation with scale and shift, `(C, H, W) -> (C, H, W)`.

    Each channel is folded to one factor and one shift (a division, a root, a multiplication and
    two additions), then each element costs one multiplication and one addition.
    Source: `torch.nn.BatchNorm2d` in evaluation mode.
    """

    channels: Dim
    eps: float = 1e-5
    """What is added to a variance."""
    momentum: float | None = 0.1
    """The share of a batch in the running statistics; None for the mean of all batches."""
    in_place = True
    rare = ("eps", "momentum")

    def check(self) -> None:
        if self.eps < 0:
            raise LayerError(f"eps = {self.eps} is below 0", fix="eps=1e-05")
        if self.momentum is not None and not 0 <= self.momentum <= 1:
            raise LayerError(f"a momentum of {self.momentum} is not in 0 <= momentum <= 1")

    def infer(self, *inputs: Shape) -> Shape:
        _expect("channels", self.channels, _map(self, inputs[0])[0])
        return inputs[0]

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.channels,), "bias": (self.channels,)}

    def buffers(self) -> dict[str, Shape]:
        return {"running_mean": (self.channels,), "running_var": (self.channels,)}

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        channels, elements = self.channels, prod(output)
        return Ops(
            mul=elements + channels, add=elements + 2 * channels, div=channels, sqrt=channels
        )


@kind(*FUNCTIONS)
class Elementwise(Layer):
    """A function of each element alone, any shape.

    `Elementwise("relu")`, `Elementwise("leaky_relu", (0.2,))`, or by name
    `Elementwise.of("leaky_relu", {"negative_slope": 0.2})`. The functions are the rows of
    `FUNCTIONS`, and each is a kind of layer by its name.
    """

    name: str
    settings: tuple[float, ...] = ()
    """The values of the function's parameters, in its order; those that are not given are usual."""
    kind: str = field(init=False, repr=False, compare=False)
    in_place = True

    def check(self) -> None:
        usual = self.function.parameters
        object.__setattr__(self, "kind", self.name)
        object.__setattr__(self, "settings", _settings(self.settings, usual))

    @classmethod
    def of(cls, kind: str, attributes: Mapping[str, Any]) -> Elementwise:
        usual = look_up(kind, FUNCTIONS, "function").parameters
        check_names(kind, attributes, usual)
        return cls(kind, tuple(attributes.get(name, value) for name, value in usual.items()))

    @property
    def function(self) -> Function:
        """What is known of the function."""
        return look_up(self.name, FUNCTIONS, "function")

    def attributes(self) -> dict[str, Any]:
        return dict(zip(self.function.parameters, self.settings, strict=True))

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        elements = prod(output)
        return Ops(*[each and elements * each for each in self.function.ops])

    @property
    def never_negative(self) -> bool:
        return self.function.never_negative


def _settings(given: Any, usual: Mapping[str, float]) -> tuple[float, ...]:
    if not isinstance(given, tuple | list) or len(given) > len(usual):
        taken = ", ".join(usual) or "none"
        raise LayerError(f"settings = {given!r:.99}", why="they are numbers", fix=f"for {taken}")
    values = (*given, *list(usual.values())[len(given) :])
    return tuple(number(name, value) for name, value in zip(usual, values, strict=True))


@kind("dropout")
class Dropout(Layer):
    """In training each element is 0 with probability `p`; at inference nothing, any shape."""

    p: float = 0.5
    in_place = True

    def check(self) -> None:
        if not 0 <= self.p < 1:
            raise LayerError(f"a dropout of {self.p} is not in 0 <= p < 1")


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


@kind("local_response_norm")
class LocalResponseNorm(Layer):
    """Each element over (k + alpha / size * the sum of squares of `size` channels around) ** beta.

    `(C, H, W) -> (C, H, W)`. Source: `torch.nn.LocalResponseNorm`, and Caffe's layer; AlexNet's
    section 3.3 has k = 2, and does not divide alpha.
    """

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def infer(self, *inputs: Shape) -> Shape:
        return _map(self, inputs[0])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        channels, places, elements = output[0], prod(output[1:]), prod(output)
        cut = _cut(self.size // 2, channels) + _cut((self.size - 1) // 2, channels)
        squares = (channels * self.size - cut) * places
        return Ops(mul=2 * elements, add=squares, pow=elements, div=elements)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        last = min(channel + (self.size - 1) // 2, inputs[0][0] - 1)
        return (range(max(0, channel - self.size // 2), last + 1),)


def _cut(reach: int, channels: Dim) -> Dim:
    """How much of windows that reach so far to one side lies beyond the outermost channel."""
    if certainly_below(channels, reach):
        return channels * (2 * reach - channels + 1) // 2
    return reach * (reach + 1) // 2


@kind("pad_channels")
class PadChannels(Layer):
    """Channels of zeros before and after the others, `(C, H, W) -> (before + C + after, H, W)`."""

    before: Amount
    after: Amount

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = _map(self, inputs[0])
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
        channels = _map(self, inputs[0])[0]
        _positive("groups", self.groups)
        if divides(self.groups, channels) is False:
            raise GroupingError(
                f"{self.groups} groups do not divide {channels} channels to shuffle"
            )
        return inputs[0]

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        column, row = divmod(channel, self.groups)
        source = row * (inputs[0][0] // self.groups) + column
        return (range(source, source + 1),)


@kind("add")
class Add(Layer):
    """Sum of equal shapes, element by element."""

    arity = (2, None)
    in_place = True

    def infer(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        for other in inputs[1:]:
            if len(first) != len(other) or not all(map(can_equal, first, other)):
                raise ShapeError(f"cannot add {format_shape(other)} to {format_shape(first)}")
        return first

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(add=(len(inputs) - 1) * prod(output))


@kind("concat")
class Concat(Layer):
    """Maps of equal height and width one after the other, `(C1, H, W), ... -> (C1 + ..., H, W)`."""

    arity = (1, None)

    def infer(self, *inputs: Shape) -> Shape:
        channels, height, width = _map(self, inputs[0])
        for other in inputs[1:]:
            if not all(map(can_equal, _map(self, other)[1:], (height, width))):
                raise ShapeError(
                    f"cannot concatenate {format_shape(other)} with {format_shape(inputs[0])}"
                )
            channels = channels + other[0]
        return (channels, height, width)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        items = []
        for shape in inputs:
            items.append(range(channel, channel + 1) if 0 <= channel < shape[0] else range(0))
            channel -= shape[0]
        return tuple(items)


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
        _check_pool(self.window)

    def infer(self, *inputs: Shape) -> Shape:
        return _pooled(self, self.window, inputs[0])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        elements = prod(output)
        return Ops(add=output[0] * self.window.taps(*inputs[0][1:]) - elements, div=elements)

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
        _check_pool(self.window)

    def infer(self, *inputs: Shape) -> Shape:
        return _pooled(self, self.window, inputs[0])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(compare=output[0] * self.window.taps(*inputs[0][1:]) - prod(output))

    @property
    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.padding, ceil_mode=self.ceil_mode)


@kind("global_avg_pool2d")
class GlobalAvgPool2d(Layer):
    """Mean of each channel, `(C, H, W) -> (C, 1, 1)`.

    Source: `torch.nn.AdaptiveAvgPool2d(1)`.
    """

    def infer(self, *inputs: Shape) -> Shape:
        return (_map(self, inputs[0])[0], 1, 1)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        channels, height, width = inputs[0]
        return Ops(add=channels * (height * width - 1), div=channels)


@kind("flatten")
class Flatten(Layer):
    """All elements in one vector, channel by channel, `(C, H, W) -> (C * H * W,)`."""

    in_place = True

    def infer(self, *inputs: Shape) -> Shape:
        return (prod(inputs[0]),)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        source = channel // self.pixels(inputs)
        return (range(source, source + 1),)

    def pixels(self, inputs: tuple[Shape, ...]) -> int:
        return prod(map(int, inputs[0][1:]))


@kind("linear")
class Linear(Layer):
    """Fully connected layer, `(F,) -> (F',)`.

    Source: `torch.nn.Linear`.
    """

    in_features: Dim
    out_features: Dim
    bias: bool = True

    def infer(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ShapeError(f"a linear layer takes a vector, not {format_shape(inputs[0])}")
        _expect("input features", self.in_features, inputs[0][0])
        _positive("out_features", self.out_features)
        return (self.out_features,)

    def weights(self) -> dict[str, Shape]:
        weight = (self.out_features, self.in_features)
        return {"weight": weight, "bias": (self.out_features,)} if self.bias else {"weight": weight}

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(
            mac=self.in_features * self.out_features, add=self.out_features if self.bias else 0
        )

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        return (range(inputs[0][0]),)


def usual_of(kind: str) -> dict[str, Any]:
    """The attributes of a kind that JSON leaves out where they have these values."""
    return KINDS[kind].usual() if kind in KINDS else {}


def layer(kind: str, attributes: Mapping[str, Any]) -> Layer:
    """The layer of that kind with these attributes.

    Raises:
        UnknownNameError: there is no such kind.
        LayerError: an attribute is missing, unknown, or has a value that it cannot have.
    """
    return look_up(kind, KINDS, "layer kind").of(kind, attributes)


def _map(layer: Layer, shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ShapeError(f"{layer.kind} takes a (C, H, W) map, not {format_shape(shape)}")
    return shape


def _check_pool(window: Window) -> None:
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


def _pooled(layer: Layer, window: Window, shape: Shape) -> Shape:
    channels, height, width = _map(layer, shape)
    for axis, size in enumerate(window.kernel):
        for pad in window.sides(axis):
            if isinstance(pad, int) and 2 * pad > size:  # a rule pads a size left open by less
                raise ShapeError(f"padding {pad} is more than half of the pooling kernel {size}")
    return (channels, *_slide(window, height, width))


def _positive(what: str, size: Dim) -> None:
    if not require_at_least(size, 1):
        raise ShapeError(f"{what} = {size} is below 1")


def _expect(what: str, wanted: Dim, given: Dim) -> None:
    if not can_equal(given, wanted):
        raise ShapeError(f"the layer has {wanted} {what}, but meets {given}")


def _slide(window: Window, height: Dim, width: Dim) -> tuple[Dim, Dim]:
    below, right = _output(window, height, width)
    if not (require_at_least(below, 1) and require_at_least(right, 1)):
        raise ShapeError(
            f"a {format_shape(window.kernel)} window with padding {format_shape(window.padding)} "
            f"does not fit a map of {format_shape((height, width))}"
        )
    return below, right


@lru_cache(maxsize=4096)  # networks slide few windows over few sizes, again and again
def _output(window: Window, height: Dim, width: Dim) -> tuple[Dim, Dim]:
    too_low = min(window.kernel + window.stride + window.dilation) < 1
    if too_low or any(isinstance(pad, int) and pad < 0 for pad in window.padding):
        raise ShapeError(f"{window} has a kernel, stride or dilation below 1, or padding below 0")
    return window.output(height, width)
