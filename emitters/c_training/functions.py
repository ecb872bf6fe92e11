"""Functions of single elements, and what they make of a gradient, as C."""

from __future__ import annotations

from collections.abc import Sequence

from ...ir.layers import Elementwise
from ..c.lines import number

_SLOPES = {
    "relu": "either(y > splat(0), g, splat(0))",
    "relu6": "either((y > splat(0)) & (y < splat(6)), g, splat(0))",
    "leaky_relu": "either(y > splat(0), g, splat({negative_slope}) * g)",
    "clip": "either((y >= splat({min_val})) & (y <= splat({max_val})), g, splat(0))",
    "hardsigmoid": "either((y > splat(-3)) & (y < splat(3)), g / splat(6), splat(0))",
    "hardswish": (
        "either(y < splat(-3), splat(0), "
        "either(y <= splat(3), g * (y / splat(3) + splat(0.5f)), g))"
    ),
    "abs": "either(y > splat(0), g, either(y < splat(0), -g, splat(0)))",
    "square": "splat(2) * y * g",
    "affine": "splat({scale}) * g",
}
"""The gradient before each function, from `y` before it and the gradient `g` behind it."""
_VALUES = {"affine": "splat({scale}) * y + splat({shift})", "clip": "clip(y, {min_val}, {max_val})"}


def macro(functions: Sequence[Elementwise]) -> str:
    """`FUNCTIONS`, which does something for each function: by its number, from 1 on; 0 is none."""
    rows = []
    for index, layer in enumerate(functions, 1):
        settings = {name: number(value) for name, value in layer.attributes().items()}
        value = _VALUES.get(layer.name, layer.function.vector).format(**settings)
        rows.append(f"DO({index}, {value}, {_SLOPES[layer.name].format(**settings)})")
    others = " \\\n    ".join(["", *rows])
    every = "#define FUNCTIONS(DO) DO(0, y, g) OTHER_FUNCTIONS(DO)"
    return f"#define OTHER_FUNCTIONS(DO){others}\n{every}\n"
