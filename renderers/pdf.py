"""Drawings as PDF, laid out by Graphviz."""

from __future__ import annotations

from ..drawing import Drawing
from . import _graphviz, dot


def draw(drawing: Drawing) -> bytes:
    """The drawing as `dot -Tpdf` makes it."""
    return _graphviz.run(dot.draw(drawing), "pdf")
