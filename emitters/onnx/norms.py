"""Norms, scales, and slopes."""

from __future__ import annotations

from .layer import Layer

_BACK = -(2**62)
"""An end beyond the first channel, for a slice that counts down."""


def batch_norm(at: Layer) -> None:
    """One without weights has ones and zeros: the operator has no form without."""
    values = at.values
    affine = at.weights("weight", "bias") or [
        at.filled("ones", 1, values["channels"]),
        at.filled("zeros", 0, values["channels"]),
    ]
    momentum = {} if values["momentum"] is None else {"momentum": 1 - values["momentum"]}
    buffers = (at.weight("running_mean"), at.weight("running_var"))
    at.op("BatchNormalization", at.x, *affine, *buffers, epsilon=values["eps"], **momentum)


def layer_norm(at: Layer) -> None:
    """Over the channels, which the operator wants last; without weights it is spelled out."""
    if not at.values["affine"]:
        _spelled_out(at)
        return
    x = at.op("Transpose", at.x, perm=(0, 2, 3, 1)) if at.is_map else at.x
    affine = at.weights("weight", "bias")
    x = at.op("LayerNormalization", x, *affine, axis=-1, epsilon=at.values["eps"])
    if at.is_map:
        at.op("Transpose", x, perm=(0, 3, 1, 2))


def _spelled_out(at: Layer) -> None:
    centred = at.op("Sub", at.x, mean(at, at.x))
    variance = mean(at, at.op("Mul", centred, centred))
    total = at.op("Add", variance, at.number("epsilon", at.values["eps"]))
    at.op("Div", centred, at.op("Sqrt", total))


def mean(at: Layer, x: str) -> str:
    """The mean over the channels."""
    return reduced(at, "ReduceMean", x, 1)


def reduced(at: Layer, kind: str, x: str, axis: int, *, keep: bool = True) -> str:
    """A reduction along one axis."""
    keepdims = {} if keep else {"keepdims": 0}
    if at.opset < 18:
        return at.op(kind, x, axes=[axis], **keepdims)
    return at.op(kind, x, at.whole("axes", axis), **keepdims)


def group_norm(at: Layer) -> None:
    """An instance norm of the groups as channels, and then a factor and a shift for each channel.

    The operator for it is of opset 21.
    """
    groups, channels, eps = at.values["groups"], at.values["channels"], at.values["eps"]
    if groups == channels and at.values["affine"]:
        at.op("InstanceNormalization", at.x, *at.weights("weight", "bias"), epsilon=eps)
        return
    x = at.op("Reshape", at.x, at.whole("grouped", 0, groups, -1))
    ones, zeros = at.filled("ones", 1, groups), at.filled("zeros", 0, groups)
    x = at.op("InstanceNormalization", x, ones, zeros, epsilon=eps)
    x = at.op("Reshape", x, at.whole("shape", 0, *at.shape))
    if at.values["affine"]:
        x = at.op("Mul", x, at.weight("weight", wide=True))
        at.op("Add", x, at.weight("bias", wide=True))


def local_response_norm(at: Layer) -> None:
    """PyTorch's window of an even size has one channel more before, and ONNX's behind."""
    values = at.values
    even = values["size"] % 2 == 0
    x = _reversed(at, at.x) if even else at.x
    x = at.op(
        "LRN", x, size=values["size"], alpha=values["alpha"], beta=values["beta"], bias=values["k"]
    )
    if even:
        _reversed(at, x)


def _reversed(at: Layer, x: str) -> str:
    """The channels from the last to the first."""
    ends = (at.whole("starts", -1), at.whole("ends", _BACK))
    return at.op("Slice", x, *ends, at.whole("axes", 1), at.whole("steps", -1))


def scale(at: Layer) -> None:
    x = at.x
    if at.values["weight"]:
        x = at.op("Mul", x, at.weight("weight", wide=True))
    if at.values["bias"]:
        at.op("Add", x, at.weight("bias", wide=True))


def prelu(at: Layer) -> None:
    at.op("PRelu", at.x, at.weight("weight", wide=at.values["channels"] != 1))
