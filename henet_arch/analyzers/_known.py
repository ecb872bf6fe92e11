"""Where operators of unknown structure stop an analysis that follows what depends on what."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.graph import Graph


def stopped_by(graph: Graph, scope: str | None = None) -> dict[str, str]:
    """The layers of which it is unknown what they depend on, each with the first to blame.

    In a scope, what they depend on of all that comes into it.
    """
    result: dict[str, str] = {}
    for node in graph.inside(scope):
        if not node.layer.structure_known:
            result[node.name] = node.name
        elif before := next((name for name in node.inputs if name in result), None):
            result[node.name] = result[before]
    return result


def few(names: Sequence[str], most: int = 8) -> str:
    """The first of `names`."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
