"""Compiles a network for this machine."""

from __future__ import annotations

from ...ir.graph import Graph
from ...lowering.plan import plan
from .compiler import NATIVE
from .network import Network, Tensors
from .tuning import tuned


def load(
    graph: Graph, tensors: Tensors, *, flags: tuple[str, ...] = NATIVE, tune: bool = False
) -> Network:
    """Compile `graph` for this machine, or for `flags`, with the weights `tensors`.

    `tune` measures which kernel is faster where two can do, and remembers it.

    Raises:
        EmitError: C has no kernel for a layer.
        CompileError: there is no compiler, or it fails.
        FileError: the cache cannot be written.
    """
    network_plan = plan(graph, tuned(graph, flags) if tune else None)
    return Network(graph, tensors, flags=flags, lowered=network_plan)
