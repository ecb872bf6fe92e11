"""Functions of single elements: a row of this table is a kind of layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .layer import Ops


@dataclass(frozen=True)
class Function:
    """What everyone asks of a function `y -> f(y)`."""

    title: str
    """Its name in a drawing."""
    ops: Ops
    """The elementary operations on one element."""
    torch: str
    """Its module in `torch.nn`."""
    onnx: str
    """Its operator in ONNX."""
    c: str
    """C that computes it of a `float y`, with `{parameters}` in braces."""
    vector: str = ""
    """The same of a `vector y`, by what `vectors.h` has; "" where the C library computes it."""
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Its parameters and their usual values, as PyTorch names and orders them."""
    keeps_zero: bool = True
    """Whether f(0) = 0."""
    never_negative: bool = False
    """Whether f(y) >= 0 for every y."""


FUNCTIONS: dict[str, Function] = {
    "relu": Function(
        "ReLU", Ops(compare=1), "ReLU", "Relu",
        "y <= 0 ? 0 : y", "relu(y)", never_negative=True,
    ),
    "relu6": Function(
        "ReLU6", Ops(compare=2), "ReLU6", "Clip",
        "y <= 0 ? 0 : y > 6 ? 6 : y", "relu6(y)", never_negative=True,
    ),
    "leaky_relu": Function(
        "LeakyReLU", Ops(compare=1, mul=1), "LeakyReLU", "LeakyRelu",
        "y <= 0 ? {negative_slope} * y : y", "relu(y) - splat({negative_slope}) * relu(-y)",
        parameters={"negative_slope": 0.01},
    ),
    "elu": Function(
        "ELU", Ops(compare=1, exp=1, add=1, mul=1), "ELU", "Elu",
        "y > 0 ? y : {alpha} * expm1f(y)", parameters={"alpha": 1.0},
    ),
    "hardsigmoid": Function(
        "hard sigmoid", Ops(add=1, compare=2, div=1), "Hardsigmoid", "HardSigmoid",
        "y <= -3 ? 0 : y > 3 ? 1 : (y + 3) / 6", "relu6(y + splat(3)) / splat(6)",
        keeps_zero=False, never_negative=True,
    ),
    "hardswish": Function(
        "hard swish", Ops(add=1, compare=2, mul=1, div=1), "Hardswish", "HardSwish",
        "y <= -3 ? 0 : y > 3 ? y : y * (y + 3) / 6", "y * relu6(y + splat(3)) / splat(6)",
    ),
    "sigmoid": Function(
        "sigmoid", Ops(exp=1, add=1, div=1), "Sigmoid", "Sigmoid",
        "1 / (1 + expf(-y))", keeps_zero=False, never_negative=True,
    ),
    "silu": Function(
        "SiLU", Ops(exp=1, add=1, div=1), "SiLU", "Swish", "y / (1 + expf(-y))",
    ),
    "gelu": Function(
        "GELU", Ops(mul=3, add=1, erf=1), "GELU", "Gelu",
        "0.5f * y * (1 + erff(y * 0.70710678f))",
    ),
    "tanh": Function("tanh", Ops(tanh=1), "Tanh", "Tanh", "tanhf(y)"),
}  # fmt: skip
"""By the name that JSON and tables have. Source: the modules of `torch.nn`, with their defaults.

A negation is no operation. SiLU is y / (1 + exp(-y)), and GELU is y / 2 (1 + erf(y / sqrt 2)).
"""
