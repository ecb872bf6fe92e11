"""What turns a network's features into scores, and the network up to there."""

from __future__ import annotations

from dataclasses import replace

from .features import needed_by
from .graph import Graph, Node
from .tensors import held_by


def classifier_tensors(graph: Graph) -> frozenset[str]:
    """The weights and buffers of the classifier, by state-dict key.

    It is the last layers that mix channels, and all behind them.
    """
    return frozenset(
        f"{node.owner}.{key}" for node in _classifier(graph).values() for key in held_by(node)
    )


def classifier_bias(graph: Graph) -> str:
    """The state-dict key of the bias of the linear layer that scores the classes; "" for none.

    It is behind the main output, with nothing but layers without weights after it.
    """
    node = graph[graph.outputs[0]]
    while node.layer.kind != "linear":
        if len(node.inputs) != 1 or node.layer.weights():
            return ""
        node = graph[node.inputs[0]]
    return f"{node.owner}.bias"


def body(graph: Graph) -> Graph:
    """The network up to what its classifier reads."""
    behind = _classifier(graph)
    reads = {name for node in behind.values() for name in node.inputs if name not in behind}
    needed = needed_by(graph, reads)
    nodes = tuple(node for node in graph if node.name in needed)
    return replace(graph, nodes=nodes, outputs=tuple(n.name for n in nodes if n.name in reads))


def _classifier(graph: Graph) -> dict[str, Node]:
    """The layers of the classifier by name, from the outputs up."""
    behind: dict[str, Node] = {}
    waiting = list(graph.outputs)
    while waiting:
        node = graph[waiting.pop()]
        if node.inputs and node.name not in behind:
            behind[node.name] = node
            waiting += () if _mixes(node) else node.inputs
    return behind


def _mixes(node: Node) -> bool:
    """Whether it has a weight for each pair of channels, or nothing is known of what it reads."""
    layer = node.layer
    if not layer.structure_known:
        return True
    is_depthwise = getattr(layer, "groups", 1) > 1 and len(layer.reads(0, node.input_shapes)[0]) < 2
    return any(len(shape) > 1 for shape in layer.weights().values()) and not is_depthwise
