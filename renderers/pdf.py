"""Drawings as PDF: the same picture as SVG, with its fonts in the file."""

from __future__ import annotations

import re

from ..views.drawing import Drawing, DrawingForm
from . import _graphviz
from .diagram.sheet import scene
from .diagram.xdot import xdot

_DATE = re.compile(rb"(/CreationDate \(D:)\d{14}")


def draw(drawing: Drawing) -> bytes:
    """The drawing at its true size, dated to the year 2000: the same bytes every time.

    Raises:
        DrawError: it does not fit on the page.
        GraphvizError: Graphviz is missing, or fails.
    """
    picture = _graphviz.run(xdot(*scene(drawing)), "pdf", engine="neato")
    return _DATE.sub(rb"\g<1>20000101000000", picture)


DRAWING = DrawingForm(draw, (".pdf",))
