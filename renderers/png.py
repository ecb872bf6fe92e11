"""Drawings as PNG: the same picture as SVG, in pixels."""

from __future__ import annotations

from ..support.errors import DrawError
from ..views.drawing import Drawing, DrawingForm
from . import _graphviz
from .diagram.sheet import scene
from .diagram.xdot import xdot

_DPI = 192
_LARGEST = 32_767
"""Pixels along one side, beyond which Graphviz makes a smaller picture of it."""


def draw(drawing: Drawing) -> bytes:
    """The drawing at 192 dots an inch.

    Raises:
        DrawError: it does not fit on the page, or is larger than Graphviz draws.
        GraphvizError: Graphviz is missing, or fails.
    """
    shapes, scale = scene(drawing)
    if max(shapes.width, shapes.height) * scale * _DPI / 72 >= _LARGEST:
        raise DrawError(
            f"the picture would be larger than {_LARGEST:,} pixels along one side",
            why="Graphviz's PNG ends there",
            fix="--depth blocks or stages, --fold, or another form: svg or html",
        )
    return _graphviz.run(xdot(shapes, scale, dpi=str(_DPI)), "png", engine="neato")


DRAWING = DrawingForm(draw, (".png",))
