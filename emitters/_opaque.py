"""Operators that no kind of layer describes are written by no target."""

from __future__ import annotations

from ..ir.graph import Node
from ..ir.layers import Opaque
from ..support.errors import EmitError


def refuse_opaque(node: Node) -> None:
    """Refuse a layer of which nobody knows what it computes.

    Raises:
        EmitError: it is one.
    """
    if isinstance(node.layer, Opaque):
        raise EmitError(
            f"what the operator {node.layer.operator} computes is not known, and cannot be emitted",
            where=node.name,
            why="it is known by its name, its shapes and perhaps its cost alone",
            fix="a network without it",
        )
