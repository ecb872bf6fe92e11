"""Drawings as PNG, laid out by Graphviz."""

from __future__ import annotations

from ..support.errors import DrawError
from ..views.drawing import Drawing, DrawingForm
from . import _graphviz, dot

_DPI = "192"
_LARGEST = 32_767
"""Pixels along one side, beyond which Graphviz makes a smaller picture of it."""


def draw(drawing: Drawing) -> bytes:
    """The drawing as `dot -Tpng` makes it, at 192 dots an inch.

    Raises:
        DrawError: it is larger than Graphviz draws.
    """
    picture = _graphviz.run(dot.source(drawing, dpi=_DPI), "png")
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    if max(width, height) >= _LARGEST:
        raise DrawError(
            f"the picture would be larger than {_LARGEST:,} pixels along one side",
            why="Graphviz's PNG ends there",
            fix="--depth blocks or stages, --fold, or another form: svg or html",
        )
    return picture


DRAWING = DrawingForm(draw, (".png",))
