"""Functions of single elements: a row of this table is a kind of layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    """Its module in `torch.nn`; "" where `expression` is all there is."""
    onnx: str
    """Its operator in ONNX, where that takes nothing but the elements; "" elsewhere."""
    c: str = ""
    """C that computes it of a `float y` by the C library, with `{parameters}` in braces."""
    vector: str = ""
    """C that computes it of a `vector y`, by `vectors.h` and `exponential.h`, if there is such."""
    slope: str = ""
    """C of the gradient before it, from a `vector y` before it and the gradient `g` behind it; ""
    where no training step in C has it."""
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Its parameters and their usual values, as PyTorch names and orders them."""
    keeps_zero: bool = True
    """Whether f(0) = 0."""
    never_negative: bool = False
    """Whether f(y) >= 0 for every y."""
    keeps_positive: bool = False
    """Whether f(y) = y for every y >= 0."""
    expression: str = ""
    """PyTorch that computes it of a tensor `{y}`, with `{parameters}`, where no module does."""
    ops_with: Callable[..., Ops] | None = None
    """The operations on one element, where they depend on the parameters."""
    fault: Callable[..., str] | None = None
    """What is wrong with parameters that are numbers; "" where nothing is."""

    def ops_of(self, parameters: Iterable[float]) -> Ops:
        """The elementary operations on one element, with these parameters."""
        return self.ops_with(*parameters) if self.ops_with else self.ops


def _clip_fault(min_val: float, max_val: float) -> str:
    return f"min_val = {min_val} is above max_val = {max_val}" if min_val > max_val else ""


def _softplus_fault(beta: float, threshold: float) -> str:
    return "" if beta > 0 else f"beta = {beta} is not above 0"


def _affine(scale: float, shift: float) -> Ops:
    return Ops(mul=int(scale != 1), add=int(shift != 0))


FUNCTIONS: dict[str, Function] = {
    "relu": Function(
        "ReLU", Ops(compare=1), "ReLU", "Relu",
        vector="relu(y)", slope="either(y > splat(0), g, splat(0))",
        never_negative=True, keeps_positive=True,
    ),
    "relu6": Function(
        "ReLU6", Ops(compare=2), "ReLU6", "",
        vector="relu6(y)", slope="either((y > splat(0)) & (y < splat(6)), g, splat(0))",
        never_negative=True,
    ),
    "leaky_relu": Function(
        "LeakyReLU", Ops(compare=1, mul=1), "LeakyReLU", "",
        vector="relu(y) - splat({negative_slope}) * relu(-y)",
        slope="either(y > splat(0), g, splat({negative_slope}) * g)",
        parameters={"negative_slope": 0.01}, keeps_positive=True,
    ),
    "elu": Function(
        "ELU", Ops(compare=1, exp=1, add=1, mul=1), "ELU", "",
        vector="relu(y) + splat({alpha}) * growth(-relu(-y))",
        parameters={"alpha": 1.0}, keeps_positive=True,
    ),
    "hardsigmoid": Function(
        "hard sigmoid", Ops(add=1, compare=2, div=1), "Hardsigmoid", "",
        vector="relu6(y + splat(3)) / splat(6)",
        slope="either((y > splat(-3)) & (y < splat(3)), g / splat(6), splat(0))",
        keeps_zero=False, never_negative=True,
    ),
    "hardswish": Function(
        "hard swish", Ops(add=1, compare=2, mul=1, div=1), "Hardswish", "HardSwish",
        vector="y * relu6(y + splat(3)) / splat(6)",
        slope=(
            "either(y < splat(-3), splat(0), "
            "either(y <= splat(3), g * (y / splat(3) + splat(0.5f)), g))"
        ),
    ),
    "sigmoid": Function(
        "sigmoid", Ops(exp=1, add=1, div=1), "Sigmoid", "Sigmoid",
        vector="logistic(y)", keeps_zero=False, never_negative=True,
    ),
    "silu": Function(
        "SiLU", Ops(exp=1, add=1, div=1), "SiLU", "", vector="silu(y)",
    ),
    "gelu": Function(
        "GELU", Ops(mul=3, add=1, erf=1), "GELU", "Gelu",
        vector="gelu(y)",
    ),
    "gelu_tanh": Function(
        "GELU (tanh)", Ops(mul=6, add=2, tanh=1), "", "",
        vector="gelu_tanh(y)",
        expression='nn.functional.gelu({y}, approximate="tanh")',
    ),
    "tanh": Function("tanh", Ops(tanh=1), "Tanh", "Tanh", vector="hyperbolic_tangent(y)"),
    "softplus": Function(
        "softplus", Ops(mul=1, compare=1, exp=1, add=1, log=1, div=1), "Softplus", "",
        "{beta} * y > {threshold} ? y : log1pf(expf({beta} * y)) / {beta}",
        parameters={"beta": 1.0, "threshold": 20.0}, keeps_zero=False, never_negative=True,
        fault=_softplus_fault,
    ),
    "mish": Function(
        "Mish", Ops(compare=1, exp=1, add=1, log=1, tanh=1, mul=1), "Mish", "Mish",
        vector="mish(y)",
    ),
    "clip": Function(
        "clip", Ops(compare=2), "", "",
        vector="clip(y, {min_val}, {max_val})",
        slope="either((y >= splat({min_val})) & (y <= splat({max_val})), g, splat(0))",
        parameters={"min_val": -1.0, "max_val": 1.0}, keeps_zero=False,
        expression="{y}.clamp({min_val}, {max_val})", fault=_clip_fault,
    ),
    "exp": Function(
        "exp", Ops(exp=1), "", "Exp", vector="exponential(y)",
        keeps_zero=False, never_negative=True, expression="torch.exp({y})",
    ),
    "log": Function(
        "log", Ops(log=1), "", "Log", "logf(y)", keeps_zero=False, expression="torch.log({y})",
    ),
    "sqrt": Function(
        "sqrt", Ops(sqrt=1), "", "Sqrt", "sqrtf(y)",
        never_negative=True, expression="torch.sqrt({y})",
    ),
    "abs": Function(
        "abs", Ops(compare=1), "", "Abs", vector="magnitude(y)",
        slope="either(y > splat(0), g, either(y < splat(0), -g, splat(0)))",
        never_negative=True, keeps_positive=True, expression="torch.abs({y})",
    ),
    "reciprocal": Function(
        "reciprocal", Ops(div=1), "", "Reciprocal", vector="splat(1) / y",
        keeps_zero=False, expression="torch.reciprocal({y})",
    ),
    "square": Function(
        "square", Ops(mul=1), "", "", vector="y * y", slope="splat(2) * y * g",
        never_negative=True, expression="torch.square({y})",
    ),
    "power": Function(
        "power", Ops(pow=1), "", "", "powf(y, {exponent})",
        parameters={"exponent": 1.0}, keeps_zero=False, expression="{y}**{exponent}",
    ),
    "affine": Function(
        "affine", Ops(mul=1, add=1), "", "",
        vector="splat({scale}) * y + splat({shift})", slope="splat({scale}) * g",
        parameters={"scale": 1.0, "shift": 0.0}, keeps_zero=False,
        expression="{y} * {scale} + {shift}", ops_with=_affine,
    ),
}  # fmt: skip
"""By the name that JSON and tables have. Source: the modules of `torch.nn`, with their defaults.

A negation is no operation. SiLU is y / (1 + exp(-y)), and GELU is y / 2 (1 + erf(y / sqrt 2)).
`gelu_tanh` is its approximation y / 2 (1 + tanh(sqrt(2 / pi) (y + 0.044715 y^3))).
"""
