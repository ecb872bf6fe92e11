"""Drawings as PDF, laid out by Graphviz."""

from __future__ import annotations

import re

from ..views.drawing import Drawing, DrawingForm
from . import _graphviz, dot

_DATE = re.compile(rb"(/CreationDate \(D:)\d{14}")


def draw(drawing: Drawing) -> bytes:
    """The drawing as `dot -Tpdf` makes it, dated to the year 2000: the same bytes every time."""
    return _DATE.sub(rb"\g<1>20000101000000", _graphviz.run(dot.draw(drawing), "pdf"))


DRAWING = DrawingForm(draw, (".pdf",))
