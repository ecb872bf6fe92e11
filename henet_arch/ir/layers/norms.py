"""Layers that bring channels to one scale."""

from __future__ import annotations

from math import prod

from ...support.errors import GroupingError, LayerError, ShapeError
from ..dims import Dim, Shape, certainly_below, divides, format_shape
from ..layer import Layer, Ops, kind
from ._fit import expect, map_of


class _BatchNorm(Layer):
    """What batch norms have in common, whatever the rank of their input."""

    __slots__ = ()
    channels: Dim
    eps: float
    momentum: float | None
    affine: bool
    in_place = True
    rare = ("eps", "momentum", "affine")

    def check(self) -> None:
        check_eps(self.eps)
        if self.momentum is not None and not 0 <= self.momentum <= 1:
            raise LayerError(f"a momentum of {self.momentum} is not in 0 <= momentum <= 1")

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.channels,), "bias": (self.channels,)} if self.affine else {}

    def buffers(self) -> dict[str, Shape]:
        return {"running_mean": (self.channels,), "running_var": (self.channels,)}

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        channels, elements = self.channels, prod(output)
        return Ops(
            mul=elements + channels,
            add=elements + (2 if self.affine else 1) * channels,
            div=channels,
            sqrt=channels,
        )


@kind("batch_norm2d")
class BatchNorm2d(_BatchNorm):
    """Batch normalisation with scale and shift, `(C, H, W) -> (C, H, W)`.

    Each channel is folded to one factor and one shift (a division, a root, a multiplication and
    two additions; one where it is not `affine`), then each element costs one multiplication and one
    addition.
    Source: `torch.nn.BatchNorm2d` in evaluation mode.
    """

    channels: Dim
    eps: float = 1e-5
    """What is added to a variance."""
    momentum: float | None = 0.1
    """The share of a batch in the running statistics; None for the mean of all batches."""
    affine: bool = True
    """Whether each channel has a learnt scale and shift."""

    def infer(self, *inputs: Shape) -> Shape:
        expect("channels", self.channels, map_of(self, inputs[0])[0])
        return inputs[0]


@kind("batch_norm1d")
class BatchNorm1d(_BatchNorm):
    """The same of each feature of a vector, `(F,) -> (F,)`.

    Source: `torch.nn.BatchNorm1d` in evaluation mode.
    """

    channels: Dim
    eps: float = 1e-5
    momentum: float | None = 0.1
    affine: bool = True

    def infer(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ShapeError(f"{self.kind} takes a vector, not {format_shape(inputs[0])}")
        expect("features", self.channels, inputs[0][0])
        return inputs[0]


@kind("layer_norm")
class LayerNorm(Layer):
    """Normalisation over the channels of each place, `(C, H, W) -> (C, H, W)` or `(F,) -> (F,)`.

    A mean and a variance for each place, in two passes; then each element is centred, multiplied
    with the reciprocal of the deviation, scaled and shifted.
    Source: `torch.nn.LayerNorm` over the last of (N, H, W, C).
    """

    channels: Dim
    eps: float = 1e-5
    affine: bool = True
    """Whether each channel has a learnt scale."""
    bias: bool = True
    """Whether it has a learnt shift too."""
    rare = ("eps", "affine", "bias")

    def check(self) -> None:
        check_eps(self.eps)

    def infer(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) not in (1, 3):
            raise ShapeError(f"{self.kind} takes a map or a vector, not {format_shape(inputs[0])}")
        expect("channels", self.channels, inputs[0][0])
        return inputs[0]

    def weights(self) -> dict[str, Shape]:
        return _scale_and_shift(self.channels, self.affine, self.affine and self.bias)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return _normalised(output, prod(output[1:]), self.weights())

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        return (range(inputs[0][0]),)

    @property
    def keeps_sign(self) -> bool:
        return False


@kind("group_norm")
class GroupNorm(Layer):
    """Normalisation over all elements of a group of channels, `(C, H, W) -> (C, H, W)`.

    It is counted as `layer_norm` is. Instance normalisation has as many groups as channels.
    Source: `torch.nn.GroupNorm`.
    """

    groups: Dim
    channels: Dim
    eps: float = 1e-5
    affine: bool = True
    """Whether each channel has a learnt scale and shift."""
    rare = ("eps", "affine")

    def check(self) -> None:
        check_eps(self.eps)

    def infer(self, *inputs: Shape) -> Shape:
        expect("channels", self.channels, map_of(self, inputs[0])[0])
        if divides(self.groups, self.channels) is False:
            raise GroupingError(f"{self.groups} groups do not divide {self.channels} channels")
        return inputs[0]

    def weights(self) -> dict[str, Shape]:
        return _scale_and_shift(self.channels, self.affine, self.affine)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return _normalised(output, self.groups, self.weights())

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        size = inputs[0][0] // self.groups
        group = channel // size
        return (range(group * size, (group + 1) * size),)

    def places(self, place: int, axis: int, before: int, after: int) -> range:
        return range(before)

    @property
    def keeps_sign(self) -> bool:
        return False


@kind("scale")
class Scale(Layer):
    """Each channel times a learnt factor, plus a learnt shift, any shape.

    Source: Caffe's layers Scale and Bias over the channels; ConvNeXt's layer scale.
    """

    channels: Dim
    weight: bool = True
    bias: bool = True
    in_place = True

    def check(self) -> None:
        if not (self.weight or self.bias):
            raise LayerError("a scale with neither weight nor bias", fix="weight=True")

    def infer(self, *inputs: Shape) -> Shape:
        expect("channels", self.channels, inputs[0][0])
        return inputs[0]

    def weights(self) -> dict[str, Shape]:
        return _scale_and_shift(self.channels, self.weight, self.bias)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        elements = prod(output)
        return Ops(mul=elements if self.weight else 0, add=elements if self.bias else 0)


def check_eps(eps: float) -> None:
    """Refuse what would make a variance smaller."""
    if eps < 0:
        raise LayerError(f"eps = {eps} is below 0", fix="eps=1e-05")


def _scale_and_shift(channels: Dim, weight: bool, bias: bool) -> dict[str, Shape]:
    held = (("weight", weight), ("bias", bias))
    return {name: (channels,) for name, there in held if there}


def _normalised(output: Shape, means: Dim, weights: dict[str, Shape]) -> Ops:
    """Each element over the deviation from one of `means` means."""
    elements = prod(output)
    sums = 2 * (elements - means)  # of the elements, and of their squared distances
    return Ops(
        add=sums + elements + means + (elements if "bias" in weights else 0),
        mul=2 * elements + (elements if "weight" in weights else 0),
        div=3 * means,
        sqrt=means,
    )


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
        return map_of(self, inputs[0])

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
