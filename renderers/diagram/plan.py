"""A diagram as it stands on the page: the value that pictures and TikZ are written from.

All measures are points, x to the right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

Point = tuple[float, float]


class Words(NamedTuple):
    """A line of text."""

    text: str
    size: float
    bold: bool = False
    faint: bool = False


@dataclass(frozen=True)
class PlacedBox:
    """A box, or a sign in a circle, with its lines below each other in its middle."""

    key: str
    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]
    role: str
    """A kind of `Theme.kinds`; `sign`, or `ground` for what an output gives."""
    share: float | None = None
    """Of the largest cost, where the box says its cost."""
    tint: float | None = None
    """The same, where the box is tinted by it."""
    opaque: bool = False
    listed: bool = False
    """Whether the lines below the first are a list."""


@dataclass(frozen=True)
class PlacedFrame:
    """A frame around boxes, with lines at its top left."""

    key: str
    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]
    level: int
    """0 for a stage, 1 for what is inside one."""
    repeat: int = 1
    share: float | None = None
    aside: Words | None = None
    """Beside the first line."""
    pad: float = 7.0
    """Between its border and its lines."""
    stacked: bool = False
    """Whether its bar stands below its lines, and not beside the last."""


@dataclass(frozen=True)
class Wire:
    """A line from point to point: straight along the axes, and bent in between.

    Attributes:
        value: the key of the box whose map it brings.
        source: the key of the box that it leaves.
        target: the key of the box that it reaches, with an arrow.
        dashed: whether it leads from one repetition to the next.
    """

    points: tuple[tuple[float, float], ...]
    value: str
    source: str | None = None
    target: str | None = None
    dashed: bool = False


@dataclass(frozen=True)
class Plan:
    """All that is on one page; frames come before what is inside them."""

    width: float
    height: float
    frames: tuple[PlacedFrame, ...]
    boxes: tuple[PlacedBox, ...]
    wires: tuple[Wire, ...]
    down: bool = False
    """Whether the flow goes down."""
    rows: tuple[tuple[int | None, float], ...] = ()
    """The number of each row that must be one, and its extent across the flow."""

    def moved(self, x: float, y: float) -> Plan:
        """The same at another place."""
        return replace(
            self,
            frames=tuple(replace(f, x=f.x + x, y=f.y + y) for f in self.frames),
            boxes=tuple(replace(b, x=b.x + x, y=b.y + y) for b in self.boxes),
            wires=tuple(
                replace(w, points=tuple((px + x, py + y) for px, py in w.points))
                for w in self.wires
            ),
        )
