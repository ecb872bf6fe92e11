"""What the first lines of a file say of its network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ..analyzers.report import Report, analyze
from ..ir.graph import Graph
from ..results import unknown
from ..spec.families import family
from ..spec.family import Family
from ..support.errors import UnknownNameError
from ..support.version import __version__


def title(graph: Graph) -> Iterator[str]:
    """What it has, what one image costs, and where it comes from, a line each."""
    yield summary(analyze(graph))
    yield ""
    if own := _family(graph):
        yield f"Family {graph.family}: {own.summary}. Source: {own.source}."
    yield f"Written by henet-arch {__version__}."


def summary(report: Report) -> str:
    """What it has, and what one image costs."""
    macs = unknown.words(report.macs, "multiply-accumulates", not report.unknown)
    costs = f"{report.params:,} parameters and {macs} for one image"
    return f"{report.graph.name}: {costs}, {report.graph.signature}."


def usual_init(graph: Graph) -> str:
    """How the weights of its family start."""
    own = _family(graph)
    return own.init if own else "kaiming"


def _family(graph: Graph) -> Family[Any] | None:
    with suppress(UnknownNameError):  # of a package that is not installed
        return family(graph.family) if graph.family else None
    return None
