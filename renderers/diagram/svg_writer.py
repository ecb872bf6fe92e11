"""A picture as SVG, which needs no other program."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from .dashes import OFF, ON
from .scene import Curve, Label, Polygon, Rectangle, Scene, Shape

_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def svg(scene: Scene, scale: float = 1.0) -> str:
    """`scene`, `scale` times as large as it is, with its size in points."""
    return "\n".join(_document(scene, scale)) + "\n"


def _document(scene: Scene, scale: float) -> Iterator[str]:
    width, height = _number(scene.width * scale), _number(scene.height * scale)
    view = f"0 0 {_number(scene.width)} {_number(scene.height)}"
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="{view}" font-family="{_FONT}" role="img">'
    )
    yield f"<title>{escape(scene.title)}</title>"
    yield f'<rect width="100%" height="100%" fill="{scene.ground}"/>'
    for group in scene.groups:
        yield f'<g class="{group.kind}">'
        if group.title:
            yield f"<title>{escape(group.title)}</title>"
        yield from map(_shape, group.shapes)
        yield "</g>"
    yield "</svg>"


def _shape(shape: Shape) -> str:
    if isinstance(shape, Rectangle):
        return _rectangle(shape)
    if isinstance(shape, Polygon):
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in shape.points)
        line = (
            f' stroke="{shape.line}" stroke-width="0.5" stroke-linejoin="round"'
            if shape.line
            else ""
        )
        return f'<polygon points="{points}" fill="{shape.fill}"{line}/>'
    if isinstance(shape, Curve):
        return _curve(shape)
    return _label(shape)


def _rectangle(shape: Rectangle) -> str:
    place = " ".join(
        f'{name}="{_number(value)}"'
        for name, value in (
            ("x", shape.x), ("y", shape.y), ("width", shape.width), ("height", shape.height)
        )
    )  # fmt: skip
    radius = f' rx="{_number(shape.radius)}"' if shape.radius else ""
    line = f' stroke="{shape.line}" stroke-width="0.6"' if shape.line else ""
    dashes = f' stroke-dasharray="{ON:g} {OFF:g}"' if shape.dashed else ""
    return f'<rect {place}{radius} fill="{shape.fill}"{line}{dashes}/>'


def _curve(shape: Curve) -> str:
    first, *rest = (f"{_number(x)},{_number(y)}" for x, y in shape.points)
    dashes = f' stroke-dasharray="{ON:g} {OFF:g}"' if shape.dashed else ""
    return (
        f'<path d="M{first}C{" ".join(rest)}" fill="none" stroke="{shape.colour}" '
        f'stroke-width="0.8"{dashes}/>'
    )


def _label(shape: Label) -> str:
    anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
    bold = ' font-weight="bold"' if shape.bold else ""
    return (
        f'<text x="{_number(shape.x)}" y="{_number(shape.y)}"{anchor}{bold} '
        f'font-size="{_number(shape.size)}" fill="{shape.colour}">{escape(shape.text)}</text>'
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
