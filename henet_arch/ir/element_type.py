"""What one element of a map or a weight is, and how many bytes it takes."""

from __future__ import annotations

from typing import NamedTuple

from ..support.errors import look_up


class ElementType(NamedTuple):
    """A type of numbers, by the name that PyTorch and numpy have for it."""

    name: str
    bytes: int
    short: str
    """As texts write it: `fp32`."""


ELEMENT_TYPES = {
    kind.name: kind
    for kind in (
        ElementType("float32", 4, "fp32"),
        ElementType("float16", 2, "fp16"),
        ElementType("bfloat16", 2, "bf16"),
        ElementType("float64", 8, "fp64"),
        ElementType("int8", 1, "int8"),
        ElementType("uint8", 1, "uint8"),
        ElementType("int16", 2, "int16"),
        ElementType("int32", 4, "int32"),
        ElementType("int64", 8, "int64"),
        ElementType("bool", 1, "bool"),
    )
}
FLOAT32 = ELEMENT_TYPES["float32"]


def element_type(name: str) -> ElementType:
    """The element type of that name.

    Raises:
        UnknownNameError: there is none.
    """
    return look_up(name, ELEMENT_TYPES, "element type")
