"""The library's two verbs, which take whatever names a network."""

from __future__ import annotations

from . import discovery, engine, report
from .conventions import Convention
from .graph import Graph
from .limits import MAX_BLOCKS
from .sources import Source, find


def build(source: Source = "henet-r3", *, max_blocks: int = MAX_BLOCKS) -> Graph:
    """The network of a `Spec`, a preset's name, or a spec file's path.

    Raises:
        UnknownNameError, FileError, SpecError: `source` names no valid spec.
        LimitError: it repeats more than `max_blocks` blocks.
        RuleError, ShapeError: its numbers do not go together.
    """
    return engine.build(find(source), max_blocks)


def analyze(network: Graph | Source, convention: str | Convention = "exact") -> report.Report:
    """Every static figure of a graph, or of what `build` takes.

    Raises:
        UnknownNameError: no convention has that name; and all that `build` raises.
    """
    graph = network if isinstance(network, Graph) else build(network)
    return report.analyze(graph, convention)


def emit(network: Graph | Source, target: str = "torch", **options: str | None) -> str:
    """The source text of a graph, or of what `build` takes, for a target.

    Raises:
        UnknownNameError: there is no such target.
        EmitError: the target cannot express a layer, a name or a size; and all that `build` raises.
    """
    graph = network if isinstance(network, Graph) else build(network)
    text: str = discovery.load("emitters", target).emit(graph, **options)
    return text
