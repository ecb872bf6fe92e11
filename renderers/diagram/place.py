"""Places a network: frames within frames, and what follows one another in rows that wrap.

All is computed along the flow (`main`) and across it (`cross`), and is turned to x and y at the
end. Where only one map is alive a row may be broken; all between two such places is laid out in
ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ...views.diagram import Box, Diagram, Frame
from .content import Content, Contents
from .layered import Point
from .lines import Lines
from .piece import Piece, Rect
from .plan import PlacedBox, PlacedFrame, Plan, Wire
from .ranks import ranks
from .routes import joined
from .rows import Word, segments, wrapped
from .wiring import Read, lone, repeated, wiring

ListedBlocks = Literal["never", "long", "all"]
"""Which blocks become lists of their layers: `long` are those that are longer than a row."""

_TITLE_GAP = 2.0
_CARD = 2.5
"""How far each card behind a repeated frame stands out."""


def _turn(point: Point, down: bool) -> Point:
    return point[::-1] if down else point


def _turned(rect: Rect, down: bool) -> PlacedBox | PlacedFrame:
    x, y = _turn((rect.main, rect.cross), down)
    width, height = _turn((rect.main_size, rect.cross_size), down)
    own = rect.content
    if rect.level is not None:
        return PlacedFrame(
            rect.key, x, y, width, height, own.words, rect.level, rect.repeat, own.share,
            own.aside, rect.pad, own.stacked,
        )  # fmt: skip
    return PlacedBox(
        rect.key, x, y, width, height, own.words, own.role, own.share, own.tint, own.opaque,
        own.listed,
    )  # fmt: skip


class Placer:
    """Lays out one network in rows that are as long as there is room for.

    Args:
        contents: what boxes and frames say.
        down: whether the flow goes down, in columns.
    """

    def __init__(self, diagram: Diagram, contents: Contents, *, down: bool) -> None:
        self.diagram = diagram
        self.contents = contents
        self.down = down
        self.lists: ListedBlocks = "never"
        self._blocks: dict[str, Piece] = {}
        self.reads = wiring(diagram)
        self.again = repeated(diagram)
        last = diagram.last
        self.given = [(k, s) for k, s in diagram.outputs if k in last]

    def place(
        self, limit: float, *, lists: ListedBlocks = "never", lines: Lines | None = None
    ) -> Plan:
        """The network in rows of at most `limit` points, where it can be broken.

        Args:
            limit: the longest row, along the flow.
            lists: which blocks become lists of their layers.
            lines: where rows must begin.
        """
        self.lists = lists
        down = self.down
        piece = self._network(limit, lines)
        rects = [_turned(rect, down) for rect in piece.rects]
        wires = (
            replace(w, points=tuple(_turn(p, down) for p in w.points)) for w in joined(piece.wires)
        )
        return Plan(
            *_turn((piece.main, piece.cross), down),
            tuple(rect for rect in rects if isinstance(rect, PlacedFrame)),
            tuple(rect for rect in rects if isinstance(rect, PlacedBox)),
            tuple(wires),
            down,
            tuple(piece.rows),
        )

    def _network(self, limit: float, lines: Lines | None) -> Piece:
        """All of it, with what it gives at the end."""
        whole = self.diagram.whole
        reads = list(self.reads.get(whole.key, ()))
        last = whole.children[-1].key
        given: dict[str, Piece] = {}
        for number, (key, shape) in enumerate(self.given, start=1):
            name = f"{whole.key}out{number}"
            given[name] = self._box(name, self.contents.output(shape))
            reads.append(Read(key, last, name))
        beside = sum(piece.main + self.contents.spacing.word for piece in given.values())
        pieces = {
            child.key: self._child(child, limit - (beside if child.key == last else 0.0), 0)
            for child in whole.children
        } | given
        return self._rows(pieces, reads, limit, lines)

    def _child(
        self, child: Box | Frame, limit: float, level: int, around: Frame | None = None
    ) -> Piece:
        if isinstance(child, Box):
            return self._box(child.key, self.contents.box(child, inside=level > 1))
        if only := lone(child, level):
            box = self._box(only.key, self.contents.box(only, inside=False))
            return replace(box, key=child.key)
        return self._frame(child, limit, level, around)

    def _box(self, key: str, content: Content) -> Piece:
        main, cross = _turn(self.contents.size(content), self.down)
        cross = max(cross, content.across)
        piece = Piece(main, cross, leaf=True, key=key)
        piece.rects.append(Rect(0.0, 0.0, main, cross, key, content))
        return piece

    def _frame(self, frame: Frame, limit: float, level: int, around: Frame | None) -> Piece:
        pad = self.contents.spacing.frame
        cards = 2 * _CARD if frame.repeat > 1 else 0.0
        inner = self._inside(frame, limit - 2 * pad - cards, level)
        if inner is None:
            reads = self.reads.get(frame.key, ())
            return self._box(frame.key, self.contents.listed(frame, reads))
        content = self._titled(self.contents.frame(frame, around), inner)
        width, height = content.title_width, content.lines_height
        if self.down:
            main, cross, before = max(inner.main, height), inner.cross, (pad, width + 2 * pad)
        else:
            main, cross = max(inner.main, width), inner.cross
            before = (pad, height + _TITLE_GAP + pad / 2)
        whole = Piece(
            before[0] + main + pad + cards, before[1] + cross + pad + cards, key=frame.key
        )
        whole.framed = True
        rect = Rect(
            0.0, 0.0, whole.main - cards, whole.cross - cards, frame.key, content, min(level, 1),
            frame.repeat, pad,
        )  # fmt: skip
        whole.rects.append(rect)
        whole.add(inner, *before)
        for value, at in inner.entries.items():
            whole.entries[value] = at = at + before[1]
            whole.wires.append(Wire(((0.0, at), (before[0], at)), value))
        for value, at in inner.exits.items():
            whole.exits[value] = at = at + before[1]
            whole.wires.append(Wire(((before[0] + inner.main, at), (whole.main, at)), value))
        return whole

    def _titled(self, content: Content, inner: Piece) -> Content:
        """A frame's lines: narrow beside what flows down, in one line where it is as long."""
        if self.down:
            return content.narrow
        return content.flat if content.flat.title_width <= inner.main else content

    def _inside(self, frame: Frame, limit: float, level: int) -> Piece | None:
        if level and self.lists == "all":
            return None
        pieces = {
            child.key: self._child(child, limit, level + 1, frame) for child in frame.children
        }
        reads = list(self.reads.get(frame.key, ()))
        holders = {box.key: child.key for child in frame.children for box in child.boxes()}
        reads += [Read(key, holders[key], None) for key, _ in self.given if key in holders]
        if level == 0:
            return self._rows(pieces, reads, limit)
        whole = self._kept(frame, pieces, reads)
        if whole.main <= limit:
            return whole
        if frame.key not in self.again:
            whole = self._rows(pieces, reads, limit)
            if whole.main <= limit:
                return whole
        return whole if self.lists == "never" else None

    def _kept(self, frame: Frame, pieces: dict[str, Piece], reads: Sequence[Read]) -> Piece:
        """A block in ranks, which are the same whatever room there is."""
        if frame.key not in self._blocks:
            again = self.again.get(frame.key, ())
            self._blocks[frame.key] = ranks(
                list(pieces.values()), reads, self.contents.spacing, again
            )
        return self._blocks[frame.key]

    def _rows(
        self,
        pieces: dict[str, Piece],
        reads: Sequence[Read],
        limit: float,
        lines: Lines | None = None,
    ) -> Piece:
        space = self.contents.spacing
        words = [
            Word(ranks(own, inner, space) if len(own) > 1 else own[0], joint, own[0].key)
            for own, inner, joint in segments(list(pieces.values()), reads)
        ]
        return wrapped(words, reads, limit, space, lines)
