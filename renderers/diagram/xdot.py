"""A picture in the drawing language of Graphviz, which makes PDF and PNG of it.

Graphviz places nothing here: what is drawn is the background of a graph whose two corners are
given. Source: "Output formats: xdot" and the attribute `_background` in Graphviz's manual.
"""

from __future__ import annotations

from collections.abc import Iterator

from .dashes import dashes
from .scene import Curve, Label, Point, Polygon, Rectangle, Scene, Shape

_FONT = "Arial"
_ROUND = 0.45
"""Where the control points of a quarter of a circle stand, from its corner, in its radius."""
_ANCHORS = {"start": -1, "middle": 0, "end": 1}
_BREAK = " \\\n"
"""Graphviz reads no longer lines in a text; it leaves out the break."""
_BACKSLASH = "\N{SET MINUS}"
_RAISED = 0.2
"""How far above its base Graphviz sets text, in its size."""


def xdot(scene: Scene, scale: float = 1.0, **attributes: str) -> str:
    """`scene`, `scale` times as large as it is, as the source of a graph for `neato -n`.

    Args:
        attributes: more attributes of the graph.
    """
    writer = _Writer(scene.height * scale, scale)
    drawn = _BREAK.join(
        _escaped(line)
        for group in scene.groups
        for shape in group.shapes
        for line in writer.shape(shape)
    )
    settings = {"bgcolor": scene.ground, "pad": "0", "margin": "0", **attributes}
    listed = ", ".join(f'{key}="{text}"' for key, text in settings.items())
    corner = f"{scene.width * scale:.2f},{scene.height * scale:.2f}"
    return (
        f'graph {{ graph [{listed}, _background="{drawn}"]; '
        "node [shape=point, width=0, height=0, style=invis]; "
        f'low [pos="0,0"]; high [pos="{corner}"]; }}'
    )


def _escaped(text: str) -> str:
    return text.replace('"', '\\"')


class _Writer:
    """Turns shapes to drawing operations; Graphviz counts y from below."""

    def __init__(self, height: float, scale: float) -> None:
        self.height = height
        self.scale = scale

    def shape(self, shape: Shape) -> Iterator[str]:
        if isinstance(shape, Rectangle):
            yield from self._rectangle(shape)
        elif isinstance(shape, Polygon):
            yield from self._inks(shape.fill, shape.line or shape.fill, "solid", 0.5)
            yield self._points("P", shape.points)
        elif isinstance(shape, Curve):
            yield from self._inks(None, shape.colour, "solid", 0.8)
            if shape.dashed:
                yield from (self._points("L", dash) for dash in dashes(shape.points))
            else:
                yield self._points("B", shape.points)
        else:
            yield from self._label(shape)

    def _inks(self, fill: str | None, line: str, style: str, width: float) -> Iterator[str]:
        yield f"S {_counted(style)}"
        yield f"S {_counted(f'setlinewidth({width * self.scale:.2f})')}"
        yield f"c {_counted(line)}"
        if fill:
            yield f"C {_counted(fill)}"

    def _rectangle(self, shape: Rectangle) -> Iterator[str]:
        style = "dashed" if shape.dashed else "solid"
        yield from self._inks(shape.fill, shape.line or shape.fill, style, 0.6 if shape.line else 0)
        if shape.radius:
            yield self._points("b", _rounded(shape))
            return
        right, bottom = shape.x + shape.width, shape.y + shape.height
        yield self._points(
            "P", ((shape.x, shape.y), (right, shape.y), (right, bottom), (shape.x, bottom))
        )

    def _label(self, shape: Label) -> Iterator[str]:
        size = shape.size * self.scale
        x, y = shape.x * self.scale, self.height - shape.y * self.scale - _RAISED * size
        yield f"F {size:.2f} {_counted(_FONT)}"
        yield f"t {int(shape.bold)}"
        yield f"c {_counted(shape.colour)}"
        yield f"T {x:.2f} {y:.2f} {_ANCHORS[shape.anchor]} 0 {_counted(shape.text)}"

    def _points(self, letter: str, points: tuple[Point, ...]) -> str:
        scaled = (f"{x * self.scale:.2f} {self.height - y * self.scale:.2f}" for x, y in points)
        return f"{letter} {len(points)} {' '.join(scaled)}"


def _rounded(shape: Rectangle) -> tuple[Point, ...]:
    """The outline of a rectangle with round corners, as curves."""
    radius = min(shape.radius, shape.width / 2, shape.height / 2)
    left, top = shape.x, shape.y
    right, bottom = left + shape.width, top + shape.height
    near = radius * _ROUND
    corners = (
        ((right, top), (-1, 0), (0, 1)), ((right, bottom), (0, -1), (-1, 0)),
        ((left, bottom), (1, 0), (0, -1)), ((left, top), (0, 1), (1, 0)),
    )  # fmt: skip
    points: list[Point] = [(left + radius, top)]
    for (x, y), (back_x, back_y), (on_x, on_y) in corners:
        start = (x + back_x * radius, y + back_y * radius)
        points += [points[-1], start, start]
        points += [
            (x + back_x * near, y + back_y * near),
            (x + on_x * near, y + on_y * near),
            (x + on_x * radius, y + on_y * radius),
        ]
    points += [points[-1], points[0], points[0]]
    return tuple(points)


def _counted(text: str) -> str:
    """Text with the number of its bytes before it.

    A quoted string of Graphviz cannot hold a backslash before a quote: another character stands
    for it, which looks the same.
    """
    text = text.replace("\\", _BACKSLASH)
    return f"{len(text.encode('utf-8', 'replace'))} -{text}"
