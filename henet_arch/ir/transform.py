"""The maps of a network's stages, as detection and segmentation read them."""

from __future__ import annotations

import re

from ..support.errors import RuleError
from .graph import Graph

_STAGE = re.compile(r"stage[0-9]+")


def features(graph: Graph) -> Graph:
    """The same network up to its stages: the last map of each is an output, in order.

    Raises:
        RuleError: it has no stages.
    """
    last: dict[str, str] = {}
    for node in graph:
        stage = node.name.partition(".")[0]
        if _STAGE.fullmatch(stage):
            last[stage] = node.name
    if not last:
        raise RuleError(f"network {graph.name!r} has no stages whose maps it could give")
    outputs = tuple(last.values())
    needed = set(outputs)
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed.update(node.inputs)
    nodes = tuple(node for node in graph if node.name in needed)
    return Graph(graph.name, graph.family, nodes, outputs)
