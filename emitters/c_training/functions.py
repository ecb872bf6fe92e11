"""Functions of single elements, and what they make of a gradient, as C."""

from __future__ import annotations

from collections.abc import Sequence

from ...ir.layers import Elementwise
from ..c.lines import number


def macro(functions: Sequence[Elementwise]) -> str:
    """`FUNCTIONS`, which does something for each function: by its number, from 1 on; 0 is none."""
    rows = []
    for index, layer in enumerate(functions, 1):
        settings = {name: number(value) for name, value in layer.attributes().items()}
        value, slope = layer.function.vector, layer.function.slope
        rows.append(f"DO({index}, {value.format(**settings)}, {slope.format(**settings)})")
    others = " \\\n    ".join(["", *rows])
    every = "#define FUNCTIONS(DO) DO(0, y, g) OTHER_FUNCTIONS(DO)"
    return f"#define OTHER_FUNCTIONS(DO){others}\n{every}\n"
