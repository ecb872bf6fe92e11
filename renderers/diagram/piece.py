"""What is laid out of a network: boxes, frames and lines at places of their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .content import APART, SIGN, Content
from .layered import Node
from .plan import Wire


@dataclass(frozen=True)
class Rect:
    """A box or a frame: its corner, its extents, and what it is."""

    main: float
    cross: float
    main_size: float
    cross_size: float
    key: str
    content: Content
    level: int | None = None
    """Of a frame."""
    repeat: int = 1
    pad: float = 0.0


@dataclass
class Piece:
    """What is laid out, from (0, 0) on."""

    main: float
    cross: float
    entries: dict[str, float] = field(default_factory=dict)
    """Where across each map comes in, by the box that gives it."""
    exits: dict[str, float] = field(default_factory=dict)
    rects: list[Rect] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    leaf: bool = False
    """Whether it is one box, which lines reach with an arrow."""
    framed: bool = False
    """Whether the first rectangle is a frame around it."""
    key: str = ""
    rows: list[tuple[int | None, float]] = field(default_factory=list)
    """The number of each row that must be one, and its extent across."""

    @property
    def key_of_leaf(self) -> str | None:
        """The key of the one box that it is."""
        return self.rects[0].key if self.leaf else None

    @property
    def is_output(self) -> bool:
        """Whether it is the shape that the network gives."""
        return self.leaf and self.rects[0].content.role == "ground"

    @property
    def node(self) -> Node:
        """What ranks are laid out of."""
        if not self.leaf:
            return Node(self.main, self.cross)
        sign = self.rects[0].content.role == "sign"
        return Node(self.main, self.cross, apart=APART, round=SIGN / 2 if sign else 0.0)

    def enters(self, value: str) -> float:
        return self.entries.get(value, self.cross / 2)

    def leaves(self, value: str) -> float:
        return self.exits.get(value, self.cross / 2)

    def add(self, other: Piece, main: float, cross: float) -> None:
        """Take over what `other` holds, at a place of one's own."""
        self.rects += [
            replace(rect, main=rect.main + main, cross=rect.cross + cross) for rect in other.rects
        ]
        self.wires += [_moved(wire, main, cross) for wire in other.wires]

    def stretched(self, before: float, after: float) -> Piece:
        """The same with its frame larger across, by `before` and `after`."""
        first = self.rects[0]
        frame = replace(
            first, cross=first.cross - before, cross_size=first.cross_size + before + after
        )
        return replace(self, rects=[frame, *self.rects[1:]])

    def lengthened(self, by: float) -> Piece:
        """The same with its frame longer along the flow."""
        first = self.rects[0]
        frame = replace(first, main_size=first.main_size + by)
        leads = [
            Wire(((self.main, at), (self.main + by, at)), value) for value, at in self.exits.items()
        ]
        return replace(
            self,
            main=self.main + by,
            rects=[frame, *self.rects[1:]],
            wires=[*self.wires, *leads],
        )


def _moved(wire: Wire, main: float, cross: float) -> Wire:
    return replace(wire, points=tuple((m + main, c + cross) for m, c in wire.points))
