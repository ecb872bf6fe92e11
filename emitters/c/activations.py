"""Functions of single elements as C, with their parameters as constants."""

from __future__ import annotations

from ...ir.layers import Elementwise
from .lines import number


def name(layer: Elementwise) -> str:
    """An identifier, the same for the same function with the same parameters."""
    words = (repr(value).translate(_WORD) for value in layer.settings)
    return "_".join((f"act_{layer.kind}", *words))


def definition(layer: Elementwise) -> str:
    """The function `name`, of many elements at once."""
    of_vector = layer.function.vector.format(**_parameters(layer))
    return f"EACH vector {name(layer)}(vector y) {{ return {of_vector}; }}\n"


def of_library(layer: Elementwise) -> str:
    """The function of a `float y`, as the C library computes it."""
    return layer.function.c.format(**_parameters(layer))


def _parameters(layer: Elementwise) -> dict[str, str]:
    return {name: number(value) for name, value in layer.attributes().items()}


_WORD = str.maketrans({".": "p", "-": "m", "+": None})
"""From the characters of a number to those of an identifier."""
