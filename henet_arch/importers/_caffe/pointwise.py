"""Functions of single elements, and what is learnt for each channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import e, log, prod

from ...ir.dims import format_shape
from ...ir.layer import Layer, Ops
from ...ir.layers import (
    Add,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Dropout,
    Elementwise,
    LocalResponseNorm,
    Multiply,
    PReLU,
    Scale,
    Unflatten,
)
from ...support.errors import FileError, ShapeError
from .assembly import NEAR_SETTING, At, Slot, Value
from .message import Message
from .network import LayerEntry

_SCALE = ("axis", "num_axes", "filler", "bias_term", "bias_filler")
_LRN = ("local_size", "alpha", "beta", "norm_region", "k", "engine")
_REGIONS = {"ACROSS_CHANNELS": 0, "WITHIN_CHANNEL": 1}
_BATCH_NORM = ("use_global_stats", "moving_average_fraction", "eps")


def function(name: str) -> Callable[[At], Value]:
    """The row of a function without settings."""
    return lambda at: at.add(Elementwise(name))


def relu(at: At) -> Value:
    """max(x, 0), or a slope below 0."""
    slope = at.settings("relu_param", ("negative_slope", "engine")).real("negative_slope", 0.0)
    return at.add(Elementwise("leaky_relu", (slope,)) if slope else Elementwise("relu"))


def elu(at: At) -> Value:
    """x, or alpha * (exp(x) - 1) below 0."""
    return at.add(Elementwise("elu", (at.settings("elu_param", ("alpha",)).real("alpha", 1.0),)))


def prelu(at: At) -> Value:
    """A learnt slope below 0, for each channel or for all."""
    settings = at.settings("prelu_param", ("filler", "channel_shared"))
    channels = 1 if settings.flag("channel_shared", False) else at.channels
    return at.add(PReLU(channels), slots=[at.slot(0, "weight", (channels,))])


def exponential(at: At) -> Value:
    """base ** (shift + scale * x)."""
    settings = at.settings("exp_param", ("base", "scale", "shift"))
    factor = _log_of_base(settings.real("base", -1.0))
    scale, shift = settings.real("scale", 1.0), settings.real("shift", 0.0)
    return at.add(Elementwise("exp"), _affine(at, at.x, scale * factor, shift * factor))


def logarithm(at: At) -> Value:
    """The logarithm of shift + scale * x to a base."""
    settings = at.settings("log_param", ("base", "scale", "shift"))
    factor = _log_of_base(settings.real("base", -1.0))
    x = _affine(at, at.x, settings.real("scale", 1.0), settings.real("shift", 0.0))
    if factor == 1:
        return at.add(Elementwise("log"), x)
    x = at.add(Elementwise("log"), x, suffix="log")
    return at.add(Elementwise("affine", (1 / factor, 0.0)), x)


def _log_of_base(base: float) -> float:
    if base == -1:
        return 1.0
    if base <= 0 or base == 1:
        raise FileError(f"base = {base} has no logarithm", fix="base: 10")
    return log(base) if base != e else 1.0


def power(at: At) -> Value:
    """(shift + scale * x) ** power."""
    settings = at.settings("power_param", ("power", "scale", "shift"))
    exponent = settings.real("power", 1.0)
    scale, shift = settings.real("scale", 1.0), settings.real("shift", 0.0)
    if exponent == 1:
        return at.add(Elementwise("affine", (scale, shift)))
    known = _POWERS.get(exponent)
    x = _affine(at, at.x, scale, shift)
    return at.add(Elementwise(known) if known else Elementwise("power", (exponent,)), x)


_POWERS = {-1.0: "reciprocal", 0.5: "sqrt", 2.0: "square"}
"""Functions that are powers, by their exponents."""


def _affine(at: At, x: Value, scale: float, shift: float) -> Value:
    if (scale, shift) == (1, 0):
        return x
    return at.add(Elementwise("affine", (scale, shift)), x, suffix="affine")


def clip(at: At) -> Value:
    """Between two bounds."""
    settings = at.settings("clip_param", ("min", "max"))
    if not (settings.has("min") and settings.has("max")):
        raise FileError("clip_param needs a min and a max")
    bounds = settings.real("min", 0.0), settings.real("max", 0.0)
    return at.add(Elementwise("relu6") if bounds == (0, 6) else Elementwise("clip", bounds))


def swish(at: At) -> Value:
    """x * sigmoid(beta * x)."""
    beta = at.settings("swish_param", ("beta",)).real("beta", 1.0)
    if beta == 1:
        return at.add(Elementwise("silu"))
    gate = at.add(Elementwise("sigmoid"), _affine(at, at.x, beta, 0.0), suffix="sigmoid")
    return at.add(Multiply(), at.x, gate)


def threshold(at: At) -> Value:
    """1 where x is above a number, else 0."""
    return at.opaque(at.x.shape, Ops(compare=prod(at.x.shape)))


def dropout(at: At) -> Value:
    """Nothing, when the network is used."""
    settings = at.settings("dropout_param", ("dropout_ratio", "scale_train"))
    return at.add(Dropout(settings.real("dropout_ratio", 0.5)))


def lrn(at: At) -> Value:
    """Local response normalisation, over neighbouring channels or places.

    Over places it is x * (1 + alpha * the mean of squares) ** -beta, in which Caffe has no k.
    """
    settings = at.settings("lrn_param", _LRN)
    size, beta = settings.whole("local_size", 5), settings.real("beta", 0.75)
    alpha, k = settings.real("alpha", 1.0), settings.real("k", 1.0)
    if size < 1 or size % 2 == 0:
        raise FileError(f"local_size = {size} is not odd", fix="local_size: 5")
    if settings.enum("norm_region", _REGIONS, "ACROSS_CHANNELS") == "ACROSS_CHANNELS":
        return at.add(LocalResponseNorm(size, alpha, beta, k))
    half = ((size - 1) // 2,) * 2
    x = at.add(Elementwise("square"), suffix="square")
    x = at.add(AvgPool2d((size, size), (1, 1), (half[0], half[1])), x, suffix="mean")
    x = at.add(Elementwise("affine", (alpha, 1.0)), x, suffix="affine")
    x = at.add(Elementwise("power", (-beta,)), x, suffix="power")
    return at.add(Multiply(), at.x, x)


def batch_norm(at: At) -> Value:
    """Normalised by stored statistics, without a learnt scale."""
    at = _noted(at, at.entry)
    return at.add(_norm_of(at, at.entry, affine=False), slots=_statistics(at, at.entry))


def batch_norm_and_scale(at: At) -> Value:
    """A BatchNorm and the Scale that alone reads it, as one layer with the first one's name."""
    norm, channels = at.sources[0], (at.channels,)
    at = _noted(at, norm)
    learnt = [at.slot(0, "weight", channels), at.slot(1, "bias", channels)]
    slots = [*learnt, *_statistics(at, norm)]
    return at.add(_norm_of(at, norm, affine=True), slots=slots, entry=norm)


def _norm_of(at: At, norm: LayerEntry, *, affine: bool) -> Layer:
    settings = norm.settings.message("batch_norm_param")
    settings.check(_BATCH_NORM, NEAR_SETTING)
    kind = BatchNorm1d if len(at.x.shape) == 1 else BatchNorm2d
    return kind(at.channels, settings.real("eps", 1e-5), _momentum(settings), affine)


def _momentum(settings: Message) -> float | None:
    """The share of a batch in the statistics, where the file says how much of them is kept."""
    if not settings.has(_KEPT):
        return BatchNorm2d(1).momentum
    share = float(1 - Decimal(repr(settings.real(_KEPT, 0.0))))
    return share or None


_KEPT = "moving_average_fraction"


def _noted(at: At, norm: LayerEntry) -> At:
    """With what is taken for granted of a batch norm."""
    if norm.settings.message("batch_norm_param").flag("use_global_stats", True):
        return at
    note = "stored statistics are used, though use_global_stats is false"
    return replace(at, notes=(*at.notes, note))


def _statistics(at: At, norm: LayerEntry) -> list[Slot]:
    """The sums of means and variances, and the number that divides both."""
    mean, variance = (
        at.slot(index, tensor, (at.channels,), norm)._replace(divided_by=2)
        for index, tensor in enumerate(("running_mean", "running_var"))
    )
    return [mean, variance, at.slot(2, "", (1,), norm)]


def scale(at: At) -> Value:
    """A factor for each channel: learnt, or another blob."""
    settings = at.settings("scale_param", _SCALE)
    bias = settings.flag("bias_term", False)
    if len(at.inputs) == 1:
        return _learnt(at, weight=True, bias=bias, name="scale_param")
    if len(at.inputs) != 2 or bias:
        raise FileError(f"it scales {len(at.inputs)} blobs" + (" with a learnt bias" * bias))
    return at.add(Multiply(), at.x, _beside(at, at.inputs[1], settings.whole("axis", 1)))


def bias(at: At) -> Value:
    """A shift for each channel: learnt, or another blob."""
    settings = at.settings("bias_param", ("axis", "num_axes", "filler"))
    if len(at.inputs) == 1:
        return _learnt(at, weight=False, bias=True, name="bias_param")
    if len(at.inputs) != 2:
        raise FileError(f"it adds {len(at.inputs)} blobs")
    return at.add(Add(), at.x, _beside(at, at.inputs[1], settings.whole("axis", 1)))


def _learnt(at: At, *, weight: bool, bias: bool, name: str) -> Value:
    settings, rank = at.entry.settings.message(name), len(at.x.shape)
    axis, count = settings.whole("axis", 1), settings.whole("num_axes", 1)
    axis = axis + rank + 1 if axis < 0 else axis
    tensors = [key for key, held in (("weight", weight), ("bias", bias)) if held]
    if axis == 1 and count == 1:
        slots = [at.slot(i, key, (at.channels,)) for i, key in enumerate(tensors)]
        return at.add(Scale(at.channels, weight, bias), slots=slots)
    if not 1 <= axis <= rank or not -1 <= count <= rank + 1 - axis:
        raise ShapeError(f"axis {axis} with {count} axes is beyond those of the blob")
    last = rank if count < 0 else axis - 1 + count
    held = at.x.shape[axis - 1 : last]
    elements = prod(at.x.shape)
    cost = Ops(mul=elements if weight else 0, add=elements if bias else 0)
    return at.opaque(at.x.shape, cost, tensors=[(key, held) for key in tensors])


def _beside(at: At, other: Value, axis: int) -> Value:
    """Another blob, with as many axes as the first has, so that both are joined.

    Raises:
        ShapeError: it does not stand beside the first along that axis.
    """
    mine, its = at.x.shape, other.shape
    if axis not in (0, -1 - len(mine)) or its != mine[: len(its)]:
        raise ShapeError(
            f"a blob of {format_shape(its)} does not stand beside one of {format_shape(mine)} from "
            f"axis {axis} on"
        )
    if len(its) == 1 and len(mine) == 3:
        return at.add(Unflatten(), other, suffix="unflatten")
    if len(its) != len(mine):
        raise ShapeError(f"a blob of {len(its)} axes beside one of {len(mine)} is not read")
    return other


def axpy(at: At) -> Value:
    """The first blob, a factor for each channel, times the second, plus the third."""
    if len(at.inputs) != 3:
        raise FileError(f"it reads {len(at.inputs)} blobs and takes 3")
    factor, x, y = at.inputs
    if len(factor.shape) == 1:
        factor = at.add(Unflatten(), factor, suffix="unflatten")
    return at.add(Add(), at.add(Multiply(), x, factor, suffix="scale"), y)
