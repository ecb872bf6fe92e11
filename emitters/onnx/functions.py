"""Functions of single elements that are more than an operator's name."""

from __future__ import annotations

from collections.abc import Callable

from .layer import LayerWriter

_THRESHOLD = 20.0
"""From where on softplus is the element itself in single precision, whoever computes it."""


def plain(kind: str) -> Callable[[LayerWriter], object]:
    """An operator that takes nothing but the elements."""
    return lambda at: at.op(kind, at.x)


def _relu6(at: LayerWriter) -> None:
    at.op("Clip", at.x, at.number("min", 0), at.number("max", 6))


def _clip(at: LayerWriter) -> None:
    low, high = at.values["min_val"], at.values["max_val"]
    at.op("Clip", at.x, at.number("min", low), at.number("max", high))


def _leaky_relu(at: LayerWriter) -> None:
    at.op("LeakyRelu", at.x, alpha=at.values["negative_slope"])


def _elu(at: LayerWriter) -> None:
    at.op("Elu", at.x, alpha=at.values["alpha"])


def _hard_sigmoid(at: LayerWriter) -> None:
    at.op("HardSigmoid", at.x, alpha=1 / 6, beta=0.5)


def _silu(at: LayerWriter) -> None:
    """Spelled out: runtimes fuse it, and few know the operator of opset 24."""
    at.op("Mul", at.x, at.op("Sigmoid", at.x))


def _gelu_tanh(at: LayerWriter) -> None:
    at.op("Gelu", at.x, approximate="tanh")


def _softplus(at: LayerWriter) -> None:
    """ONNX's has no beta and no threshold, above which it is the identity."""
    beta, threshold = at.values["beta"], at.values["threshold"]
    if (beta, threshold) == (1, _THRESHOLD):
        at.op("Softplus", at.x)
        return
    scale = at.number("beta", beta)
    scaled = at.op("Mul", at.x, scale)
    curve = at.op("Div", at.op("Softplus", scaled), scale)
    above = at.op("Greater", scaled, at.number("threshold", threshold))
    at.op("Where", above, at.x, curve)


def _square(at: LayerWriter) -> None:
    at.op("Pow", at.x, at.number("exponent", 2))


def _power(at: LayerWriter) -> None:
    at.op("Pow", at.x, at.number("exponent", at.values["exponent"]))


def _affine(at: LayerWriter) -> None:
    scale, shift = at.values["scale"], at.values["shift"]
    x = at.x
    if scale != 1 or shift == 0:
        x = at.op("Mul", x, at.number("scale", scale))
    if shift != 0:
        at.op("Add", x, at.number("shift", shift))


ROWS: dict[str, Callable[[LayerWriter], object]] = {
    "relu6": _relu6,
    "clip": _clip,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "hardsigmoid": _hard_sigmoid,
    "silu": _silu,
    "gelu_tanh": _gelu_tanh,
    "softplus": _softplus,
    "square": _square,
    "power": _power,
    "affine": _affine,
}
"""By kind."""
