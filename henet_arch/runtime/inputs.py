"""What runs networks of one input alone."""

from __future__ import annotations

from ..ir.graph import Graph
from ..support.errors import RunError


def check_one_input(graph: Graph, title: str) -> None:
    """Refuse a network of several inputs.

    Args:
        graph: The network.
        title: What messages call that which runs it.

    Raises:
        RunError: it has several.
    """
    if len([node for node in graph if not node.inputs]) > 1:
        raise RunError(
            f"{title} is called with one input, and {graph.name} has several",
            fix="the emitted C, which takes them one after the other, or the emitted module",
        )
