"""Norms, scales, and slopes."""

from __future__ import annotations

from .layer import LayerWriter


def batch_norm(at: LayerWriter) -> None:
    """One without weights has ones and zeros: the operator has no form without."""
    values = at.values
    affine = at.weights("weight", "bias") or [
        at.filled("ones", 1, values["channels"]),
        at.filled("zeros", 0, values["channels"]),
    ]
    momentum = {} if values["momentum"] is None else {"momentum": 1 - values["momentum"]}
    buffers = (at.weight("running_mean"), at.weight("running_var"))
    at.op("BatchNormalization", at.x, *affine, *buffers, epsilon=values["eps"], **momentum)


def layer_norm(at: LayerWriter) -> None:
    """Over the channels, which the operator wants last; without weights it is spelled out."""
    if not at.values["affine"]:
        _spelled_out(at)
        return
    x = at.op("Transpose", at.x, perm=(0, 2, 3, 1)) if at.is_map else at.x
    affine = at.weights("weight", "bias")
    x = at.op("LayerNormalization", x, *affine, axis=-1, epsilon=at.values["eps"])
    if at.is_map:
        at.op("Transpose", x, perm=(0, 3, 1, 2))


def _spelled_out(at: LayerWriter) -> None:
    centred = at.op("Sub", at.x, mean(at, at.x))
    variance = mean(at, at.op("Mul", centred, centred))
    total = at.op("Add", variance, at.number("epsilon", at.values["eps"]))
    at.op("Div", centred, at.op("Sqrt", total))


def mean(at: LayerWriter, x: str) -> str:
    """The mean over the channels."""
    return reduced(at, "ReduceMean", x, 1)


def reduced(at: LayerWriter, kind: str, x: str, axis: int, *, keep: bool = True) -> str:
    """A reduction along one axis."""
    keepdims = {} if keep else {"keepdims": 0}
    if at.opset < 18:
        return at.op(kind, x, axes=[axis], **keepdims)
    return at.op(kind, x, at.whole("axes", axis), **keepdims)


def group_norm(at: LayerWriter) -> None:
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


def local_response_norm(at: LayerWriter) -> None:
    """A window of an even size is spelled out: ONNX Runtime takes odd ones alone.

    PyTorch's has one channel more before than behind, and the operator would have it behind.
    """
    size, alpha, beta, k = (at.values[key] for key in ("size", "alpha", "beta", "k"))
    if size % 2:
        at.op("LRN", at.x, size=size, alpha=alpha, beta=beta, bias=k)
        return
    flat = at.whole("flat", 0, 1, at.shape[0], -1)
    squares = at.op("Reshape", at.op("Mul", at.x, at.x), flat)
    window = {"kernel_shape": [size, 1], "pads": [size // 2, 0, (size - 1) // 2, 0]}
    means = at.op("AveragePool", squares, count_include_pad=1, **window)
    means = at.op("Reshape", means, at.whole("shape", 0, *at.shape))
    total = at.op("Add", at.op("Mul", means, at.number("alpha", alpha)), at.number("k", k))
    at.op("Div", at.x, at.op("Pow", total, at.number("beta", beta)))


def scale(at: LayerWriter) -> None:
    x = at.x
    if at.values["weight"]:
        x = at.op("Mul", x, at.weight("weight", wide=True))
    if at.values["bias"]:
        at.op("Add", x, at.weight("bias", wide=True))


def prelu(at: LayerWriter) -> None:
    at.op("PRelu", at.x, at.weight("weight", wide=at.values["channels"] != 1))
