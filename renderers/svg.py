"""Drawings as SVG, laid out by Graphviz."""

from __future__ import annotations

from ..views.drawing import Drawing, DrawingForm
from . import _graphviz, dot


def draw(drawing: Drawing) -> bytes:
    """The drawing as `dot -Tsvg` makes it."""
    return _graphviz.run(dot.draw(drawing), "svg")


DRAWING = DrawingForm(draw, (".svg",))
