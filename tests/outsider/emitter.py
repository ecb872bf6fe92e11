"""A target: the names of the layers, line by line."""

from __future__ import annotations

from henet_arch.ir.graph import Graph

ENDING = ".outlang"


def emit(graph: Graph, init: str | None = None) -> str:
    return "".join(f"{node.name}\n" for node in graph)
