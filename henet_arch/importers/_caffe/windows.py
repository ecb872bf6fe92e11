"""Layers that slide a window: convolutions and pools."""

from __future__ import annotations

from math import prod

from ...ir.dims import Pair, Shape
from ...ir.layer import Ops
from ...ir.layers import (
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    MaxPool2d,
)
from ...support.errors import FileError, ShapeError
from .assembly import At, Slot, Value
from .message import Message

_CONVOLUTION = (
    "num_output", "bias_term", "pad", "pad_h", "pad_w", "kernel_size", "kernel_h", "kernel_w",
    "stride", "stride_h", "stride_w", "dilation", "group", "weight_filler", "bias_filler",
    "engine", "axis", "force_nd_im2col",
)  # fmt: skip
_POOLING = (
    "pool", "pad", "pad_h", "pad_w", "kernel_size", "kernel_h", "kernel_w", "stride", "stride_h",
    "stride_w", "global_pooling", "round_mode", "ceil_mode", "engine",
)  # fmt: skip
_POOLS = {"MAX": 0, "AVE": 1, "STOCHASTIC": 2}
_ROUNDING = {"CEIL": 0, "FLOOR": 1}


def convolution(at: At) -> Value:
    """`num_output` channels from each window."""
    return _convolution(at, 1)


def depthwise(at: At) -> Value:
    """The same in as many groups as there are channels, which forks have."""
    return _convolution(at, at.channels)


def _convolution(at: At, usual_groups: int) -> Value:
    settings = at.settings("convolution_param", _CONVOLUTION)
    at.one_bottom()
    if len(at.x.shape) != 3 or settings.whole("axis", 1) not in (1, -3):
        return _of_other_rank(at, settings)
    layer = Conv2d(
        at.channels,
        _outputs(settings),
        _kernel(settings),
        _pair(settings, "stride", 1),
        _pair(settings, "pad", 0),
        _dilation(settings),
        _groups(settings, usual_groups),
        settings.flag("bias_term", True),
    )
    return at.add(layer, slots=_slots(at, layer))


def deconvolution(at: At) -> Value:
    """The convolution that goes the other way."""
    settings = at.settings("convolution_param", _CONVOLUTION)
    at.one_bottom()
    layer = ConvTranspose2d(
        at.channels,
        _outputs(settings),
        _kernel(settings),
        _pair(settings, "stride", 1),
        _pair(settings, "pad", 0),
        (0, 0),
        _dilation(settings),
        _groups(settings, 1),
        settings.flag("bias_term", True),
    )
    return at.add(layer, slots=_slots(at, layer))


def _slots(at: At, layer: Conv2d | ConvTranspose2d) -> list[Slot]:
    """Its tensors have Caffe's order and shapes."""
    return [at.slot(i, name, shape) for i, (name, shape) in enumerate(layer.weights().items())]


def _groups(settings: Message, usual: int) -> int:
    groups = settings.whole("group", usual)
    if groups < 1:
        raise FileError(f"group = {groups} is below 1", fix="group: 1")
    return groups


def _outputs(settings: Message) -> int:
    outputs = settings.whole("num_output", 0)
    if outputs < 1:
        raise FileError(f"num_output = {outputs} is below 1", fix="num_output: 64")
    return outputs


def _pair(settings: Message, name: str, usual: int) -> Pair:
    """A size along the height and the width: by its own names, or one or two of `name`."""
    short = name.removesuffix("_size")
    if settings.has(f"{short}_h") or settings.has(f"{short}_w"):
        return settings.whole(f"{short}_h", usual), settings.whole(f"{short}_w", usual)
    sizes = settings.wholes(name) or [usual]
    if len(sizes) > 2:
        raise FileError(f"{len(sizes)} sizes of {name} for the height and the width")
    return sizes[0], sizes[-1]


def _kernel(settings: Message) -> Pair:
    kernel = _pair(settings, "kernel_size", 0)
    if not all(kernel):
        raise FileError("it has no kernel_size", fix="kernel_size: 3")
    return kernel


def _dilation(settings: Message) -> Pair:
    sizes = settings.wholes("dilation") or [1]
    if len(sizes) > 2:
        raise FileError(f"{len(sizes)} sizes of dilation for the height and the width")
    return sizes[0], sizes[-1]


def _of_other_rank(at: At, settings: Message) -> Value:
    """A convolution along one, three or more axes: its cost is known, and no kind of ours is."""
    rank = len(at.x.shape) - 1
    if settings.whole("axis", 1) not in (1, -1 - rank) or rank < 1:
        raise FileError("a convolution whose channels are not the first axis is not read")
    names = {"kernel_size": 0, "pad": 0, "stride": 1, "dilation": 1}
    sizes = {name: settings.wholes(name) or [usual] for name, usual in names.items()}
    if any(len(each) not in (1, rank) for each in sizes.values()) or 0 in sizes["kernel_size"]:
        raise FileError(f"its window does not have {rank} axes")
    along = {name: each if len(each) == rank else each * rank for name, each in sizes.items()}
    outputs, groups = _outputs(settings), _groups(settings, 1)
    if min(along["stride"]) < 1 or at.channels % groups or outputs % groups:
        raise ShapeError(f"{groups} groups do not divide the channels")
    shape: Shape = (outputs, *(
        (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
        for size, kernel, pad, stride, dilation in zip(at.x.shape[1:], *along.values(), strict=True)
    ))  # fmt: skip
    if min(shape) < 1:
        raise ShapeError("its window does not fit")
    bias = settings.flag("bias_term", True)
    weight: Shape = (outputs, at.channels // groups, *along["kernel_size"])
    cost = Ops(mac=prod(shape) * prod(weight[1:]), add=prod(shape) if bias else 0)
    tensors = [("weight", weight), ("bias", (outputs,))]
    return at.opaque(shape, cost, tensors=tensors if bias else tensors[:1])


def pooling(at: At) -> tuple[Value, ...]:
    """The largest or the mean of each window; rounded up, as Caffe does, if nothing else is said.

    A second blob says where the largest is.
    """
    settings = at.settings("pooling_param", _POOLING)
    at.one_bottom()
    pool = settings.enum("pool", _POOLS, "MAX")
    value = _pooled(at, settings, pool)
    masks = [at.opaque(value.shape, Ops(), suffix="mask") for _ in at.entry.tops[1:]]
    return (value, *masks)


def _pooled(at: At, settings: Message, pool: str) -> Value:
    if settings.flag("global_pooling", False):
        if pool == "STOCHASTIC":
            return at.opaque((at.channels, 1, 1), _stochastic(at.channels, prod(at.x.shape)))
        return at.add(GlobalMaxPool2d() if pool == "MAX" else GlobalAvgPool2d())
    kernel = _kernel(settings)
    stride, pad = _pair(settings, "stride", 1), _pair(settings, "pad", 0)
    ceil = _rounds_up(settings)
    shape = pooled_shape(at.x.shape, kernel, stride, pad, ceil)
    ceil = ceil and stride != (1, 1)  # nothing is left to round
    kind = {"MAX": MaxPool2d, "AVE": AvgPool2d}.get(pool)
    if kind and _fits(at.x.shape, shape, kernel, stride, pad):
        return at.add(kind(kernel, stride, pad, ceil))
    elements, taps = prod(shape), prod(shape) * prod(kernel)
    costs = {
        "MAX": Ops(compare=taps - elements),
        "AVE": Ops(add=taps - elements, div=elements),
        "STOCHASTIC": _stochastic(elements, taps),
    }
    return at.opaque(shape, costs[pool])


def _stochastic(elements: int, taps: int) -> Ops:
    """The sum of squares over the sum, at inference."""
    return Ops(mac=taps, add=taps - elements, div=elements)


def _rounds_up(settings: Message) -> bool:
    """Whether sizes are rounded up: `round_mode` is BVLC's, `ceil_mode` is that of forks."""
    if settings.has(AMBIGUOUS):
        raise FileError(
            "field 13 of pooling_param is round_mode in BVLC's Caffe and another in its forks",
            fix="the network's prototxt, which has names",
        )
    if settings.has("ceil_mode"):
        return settings.flag("ceil_mode", True)
    return settings.enum("round_mode", _ROUNDING, "CEIL") == "CEIL"


AMBIGUOUS = "field 13"
"""What the field is called that has no name in a caffemodel."""


def pooled_shape(
    shape: Shape, kernel: Pair, stride: Pair, pad: Pair, ceil: bool
) -> tuple[int, int, int]:
    """What a pool gives as Caffe has it: only with padding is a window beyond the map left out.

    Raises:
        ShapeError: its window does not fit.
    """
    if len(shape) != 3:
        raise ShapeError("a pool takes a (C, H, W) map")
    if min(kernel) < 1 or min(stride) < 1 or min(pad) < 0:
        raise ShapeError("a kernel or stride below 1, or padding below 0")
    if pad[0] >= kernel[0] or pad[1] >= kernel[1]:
        raise ShapeError(f"padding {max(pad)} is no less than the kernel")
    sizes = []
    for size, window, step, before in zip(shape[1:], kernel, stride, pad, strict=True):
        room = int(size) + 2 * before - window
        count = (-(-room // step) if ceil else room // step) + 1
        if count < 1:
            raise ShapeError(f"a window of {window} does not fit a map of {size}")
        if any(pad) and (count - 1) * step >= int(size) + before:
            count -= 1
        sizes.append(count)
    return int(shape[0]), sizes[0], sizes[1]


def _fits(shape: Shape, output: Shape, kernel: Pair, stride: Pair, pad: Pair) -> bool:
    """Whether PyTorch has the same pool: padding of half a window, and none beyond the map."""
    return all(
        2 * before <= window and (count - 1) * step < size + before
        for size, count, window, step, before in zip(
            shape[1:], output[1:], kernel, stride, pad, strict=True
        )
    )
