"""The order in which a step takes parameters and running statistics."""

from __future__ import annotations

from ...ir.graph import Graph
from ...ir.scope import join


def parameters_of(graph: Graph) -> list[str]:
    """State-dict keys of what is trained."""
    return [
        join(node.name, key) for node in graph if not node.shares for key in node.layer.weights()
    ]


def running_of(graph: Graph) -> list[str]:
    """State-dict keys of running means and variances, one after the other for each norm."""
    return [
        join(node.name, key) for node in graph if not node.shares for key in node.layer.buffers()
    ]


def trained(graph: Graph) -> set[str]:
    """The parameters that an output depends on; PyTorch gives no gradient to others."""
    return {
        join(node.owner, key)
        for node in graph
        if node.name in graph.live
        for key in node.layer.weights()
    }


def norms_of(graph: Graph) -> list[str]:
    """The batch norms that run, by the layers that hold their tensors."""
    return [node.owner for node in graph if node.layer.buffers()]
