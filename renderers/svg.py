"""Drawings as SVG, in rows that wrap; they need no other program."""

from __future__ import annotations

from ..views.drawing import Drawing, DrawingForm
from .diagram.sheet import scene
from .diagram.svg_writer import svg


def draw(drawing: Drawing) -> str:
    """The drawing on its page.

    Raises:
        DrawError: it does not fit on the page.
    """
    return svg(*scene(drawing))


DRAWING = DrawingForm(draw, (".svg",))
