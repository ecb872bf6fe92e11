"""Joins of more inputs than their operator has."""

from __future__ import annotations

from ..network import Op
from ..rewriting import inner


def product(op: Op) -> Op | None:
    """A product of a product and one more, inside of one layer."""
    if op.kind != "Mul" or op.domain or len(op.inputs) != 2:
        return None
    before = inner(op.value(0), "Mul")
    if before is None or op.value(1).constant is not None:
        return None
    inputs = (*before.inputs, op.value(1))
    return Op("Mul", inputs, op.outputs, op.place, {}, "", op.version)


REWRITES = (product,)
