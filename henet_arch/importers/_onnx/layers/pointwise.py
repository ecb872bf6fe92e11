"""Functions of single elements, and joins of several values."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from ....ir.layer import Layer
from ....ir.layers import (
    Add,
    Divide,
    Dropout,
    Elementwise,
    Maximum,
    Minimum,
    Multiply,
    PReLU,
    Scale,
    Softmax,
    Subtract,
)
from ..constant import Constant, derived
from ..network import Op, Value, axis_of
from ..patterns.activations import is_plain_hard_sigmoid
from ..patterns.biases import along, learnt
from ..rewriting import number, sides
from .part import Mapper, Part, chain, constants, single

_PLAIN = {
    "Abs": "abs", "Exp": "exp", "HardSwish": "hardswish", "Log": "log", "Mish": "mish",
    "Reciprocal": "reciprocal", "Relu": "relu", "Sigmoid": "sigmoid", "Sqrt": "sqrt",
    "Tanh": "tanh",
}  # fmt: skip
_JOINS: dict[str, Layer] = {
    "Add": Add(), "Div": Divide(), "Max": Maximum(), "Min": Minimum(), "Mul": Multiply(),
    "Sub": Subtract(), "Sum": Add(),
}  # fmt: skip


def plain(name: str) -> Mapper:
    return lambda op: single(op, Elementwise(name))


def affine(scale: float, shift: float) -> Layer:
    """Times a number and plus another."""
    return Elementwise.of("affine", {"scale": scale, "shift": shift})


def elu(op: Op) -> list[Part]:
    return single(op, Elementwise("elu", (op.real("alpha", 1.0),)))


def leaky_relu(op: Op) -> list[Part]:
    return single(op, Elementwise("leaky_relu", (op.real("alpha", 0.01),)))


def gelu(op: Op) -> list[Part]:
    named = op.text("approximate", "none")
    return single(op, Elementwise("gelu_tanh" if named == "tanh" else "gelu"))


def softplus(op: Op) -> list[Part]:
    """With what the patterns find around it: a factor, and where it ends."""
    settings = (op.real("beta", 1.0), op.real("threshold", 20.0))
    return single(op, Elementwise("softplus", settings))


def swish(op: Op) -> list[Part] | None:
    return single(op, Elementwise("silu")) if op.real("alpha", 1.0) == 1 else None


def negative(op: Op) -> list[Part]:
    return single(op, affine(-1, 0))


def given_affine(op: Op) -> list[Part]:
    return single(op, affine(op.real("scale"), op.real("shift")))


def clip(op: Op) -> list[Part] | None:
    low, high = op.limit("min", 1, -inf), op.limit("max", 2, inf)
    layer = clipped(low, high)
    return None if layer is None else single(op, layer)


def clipped(low: float, high: float) -> Layer | None:
    """The function that keeps elements between two numbers."""
    if low == 0 and high == 6:
        return Elementwise("relu6")
    if low == 0 and high > 3e38:
        return Elementwise("relu")
    if -3e38 < low <= high < 3e38:
        return Elementwise.of("clip", {"min_val": low, "max_val": high})
    return None


def hard_sigmoid(op: Op) -> list[Part] | None:
    if is_plain_hard_sigmoid(op):
        return single(op, Elementwise("hardsigmoid"))
    shift = affine(op.real("alpha", 0.2), op.real("beta", 0.5))
    return chain(op, shift, Elementwise.of("clip", {"min_val": 0.0, "max_val": 1.0}))


def prelu(op: Op) -> list[Part] | None:
    held = constants(op, 1)
    data, shape = op.value(0), op.shape()
    if held is None or len(shape) < 2:
        return None
    slope, channels = held[0], shape[1]
    old = op.version < 7 and slope.shape == (channels,)
    if slope.count != 1 and not old and along(op.value(1), 1, data) is None:
        return None
    return single(op, PReLU(slope.count), weight=slope.reshaped(slope.count))


def softmax(op: Op) -> list[Part] | None:
    """Over the channels; before version 13 it was over all axes from the one that is named."""
    shape = op.shape()
    old = op.version < 13
    axis = axis_of(op, op.integer("axis", 1 if old else -1), len(shape))
    if axis != 1 or (old and any(size != 1 for size in shape[2:])):
        return None
    return single(op, Softmax())


def dropout(op: Op) -> list[Part] | None:
    """At inference; what says that it drops, or gives what it drops, is another operator."""
    if op.has(2) and op.numbers(2) == (1,):
        return None
    if any(value.users for value in op.outputs[1:]):
        return None
    return single(op, Dropout(op.limit("ratio", 1, 0.5)))


def power(op: Op) -> list[Part] | None:
    exponent = number(op.value(1))
    if exponent is None or op.value(1).rank > op.value(0).rank:
        return None
    named = {2.0: "square", 0.5: "sqrt", -1.0: "reciprocal"}.get(exponent)
    layer = Elementwise(named) if named else Elementwise.of("power", {"exponent": exponent})
    return single(op, layer)


def join(op: Op) -> list[Part] | None:
    """Several values, or one with a number or with a constant for each channel."""
    values = [value for value in op.inputs if value is not None]
    if len(values) == 1:
        return None
    if all(value.constant is None for value in values):
        if len({value.rank for value in values}) > 1 or op.integer("broadcast"):
            return None
        return [Part(_JOINS[op.kind], tuple(values), op.output)]
    pair = sides(op)
    if pair is None or pair[0].shape != op.output.shape:
        return None
    constant_first = op.value(0) is pair[1]
    vector = _channels(op, pair[0], pair[1])
    if vector is not None:
        return _with_vector(op, pair[0], vector, constant_first)
    single_number = number(pair[1])
    if single_number is None:
        return None
    return _with_number(op, pair[0], single_number, constant_first)


def _with_number(op: Op, data: Value, constant: float, first: bool) -> list[Part] | None:
    layers: dict[str, list[Layer] | None] = {
        "Add": [affine(1, constant)],
        "Sum": [affine(1, constant)],
        "Sub": [affine(-1, constant) if first else affine(1, -constant)],
        "Mul": [affine(constant, 0)],
        "Max": [Elementwise("relu")] if constant == 0 else None,
    }
    if op.kind == "Div":
        reciprocal = [Elementwise("reciprocal"), affine(constant, 0)][: 1 if constant == 1 else 2]
        layers["Div"] = reciprocal if first else [affine(1 / constant, 0)] if constant else None
    own = layers.get(op.kind)
    if own is None:
        return None
    return chain(op, *own, first=data)


def _channels(op: Op, data: Value, value: Value) -> Constant | None:
    """A constant for each channel as a vector."""
    if data.rank < 2:
        return None
    constant, channels = value.constant, op.shape(op.inputs.index(data))[1]
    if op.integer("broadcast") and constant is not None:  # before version 7
        named = op.integer("axis", -1) % data.rank == 1 and constant.shape == (channels,)
        return constant if named else None
    vector = learnt(op, value, data)
    return None if vector is None else vector.constant


def _with_vector(op: Op, data: Value, vector: Constant, first: bool) -> list[Part] | None:
    """A value with a constant for each channel, which may be what it is taken from or divides."""
    weight, bias = op.kind in ("Mul", "Div"), op.kind in ("Add", "Sub", "Sum")
    if not (weight or bias):
        return None
    turned: list[Layer] = []
    if first and op.kind in ("Sub", "Div"):
        turned = [affine(-1, 0) if op.kind == "Sub" else Elementwise("reciprocal")]
    elif op.kind == "Sub":
        vector = vector.times(-1)
    elif op.kind == "Div":
        vector = derived("1/", vector.shape, vector.type, lambda a: 1 / a, (vector,))
    parts = chain(op, *turned, Scale(vector.count, weight, bias), first=data)
    weights = {"weight" if weight else "bias": vector}
    return [*parts[:-1], replace(parts[-1], weights=weights)]


MAPPERS: dict[str, Mapper] = {
    **{kind: plain(name) for kind, name in _PLAIN.items()},
    **dict.fromkeys(_JOINS, join),
    "Affine": given_affine,
    "Clip": clip,
    "Dropout": dropout,
    "Elu": elu,
    "Gelu": gelu,
    "HardSigmoid": hard_sigmoid,
    "LeakyRelu": leaky_relu,
    "Neg": negative,
    "PRelu": prelu,
    "Pow": power,
    "Softmax": softmax,
    "Softplus": softplus,
    "Swish": swish,
}
