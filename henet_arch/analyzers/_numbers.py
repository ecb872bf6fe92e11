"""Refuses sizes that are left open, where an analysis needs numbers."""

from __future__ import annotations

from ..ir.graph import Graph
from ..support.errors import ShapeError


def need_numbers(graph: Graph) -> None:
    """Refuse a graph with a symbol among its sizes.

    Raises:
        ShapeError: the layer's first size that is no number.
    """
    for node in graph:
        for size in (*node.shape, *node.layer.attributes().values()):
            if getattr(size, "free_symbols", None):
                raise ShapeError(
                    f"the size {size} is no number: this analysis needs numbers, not symbols",
                    where=node.name,
                    fix="give every size as a number",
                )
