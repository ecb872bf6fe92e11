"""What a picture is made of: the few shapes that SVG and Graphviz both draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]


@dataclass(frozen=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    fill: str
    line: str | None = None
    radius: float = 0.0
    dashed: bool = False


@dataclass(frozen=True)
class Polygon:
    points: tuple[Point, ...]
    fill: str
    line: str | None = None


@dataclass(frozen=True)
class Curve:
    """Cubic Bezier curves, end to end: one point, and three more for each."""

    points: tuple[Point, ...]
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Label:
    """A line of text; `x` is its left end, middle or right end, and `y` its base line."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"


Shape = Rectangle | Polygon | Curve | Label


@dataclass(frozen=True)
class Group:
    """Shapes that are one thing: a box, a frame, an edge."""

    kind: str
    shapes: tuple[Shape, ...]
    title: str = ""


@dataclass(frozen=True)
class Scene:
    """A picture, from its back to its front, in points."""

    width: float
    height: float
    ground: str
    title: str
    groups: tuple[Group, ...]
