"""What networks are bounded and compared by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..analyzers import depth
from ..analyzers.report import Report
from ..ir.dims import Dim
from ..ir.graph import Graph
from ..results.table import short, size


@dataclass(frozen=True)
class Measure:
    """One figure of a network: where it stands in its report, and how it is written."""

    title: str
    of: Callable[[Report], Dim]
    text: Callable[[int], str] = short


def deepest(graph: Graph) -> int:
    """Most layers with multiply-accumulates on a path from an image to an output."""
    depths = depth.analyze(graph)
    return max(depths[name] for name in graph.outputs)


def widest(graph: Graph) -> Dim:
    """The most channels of a map."""
    return max((node.shape[0] for node in graph if len(node.shape) == 3), default=0)


MEASURES = {
    "params": Measure("params", lambda report: report.params),
    "macs": Measure("MACs", lambda report: report.macs),
    "activations": Measure("activations", lambda report: report.memory.activations),
    "memory": Measure("memory", lambda report: report.memory.peak_bytes, size),
    "depth": Measure("depth", lambda report: deepest(report.graph), str),
    "width": Measure("width", lambda report: widest(report.graph), str),
}
"""By name: trained numbers; multiply-accumulates of one image; elements that all layers make; bytes
held at the peak of activation memory, fp32; layers with multiply-accumulates on the longest path;
channels of the widest map."""
