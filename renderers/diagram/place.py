"""Places a network: frames within frames, and what follows one another in rows that wrap.

All is computed along the flow (`main`) and across it (`cross`), and is turned to x and y at the
end. Where only one map is alive a row may be broken; all between two such places is laid out in
ranks.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal, NamedTuple

from ...views.diagram import Box, Diagram, Frame
from .content import APART, SIGN, Content, Contents
from .layered import Link, Node, Placement, Point, cap, layered
from .lines import Lines
from .plan import PlacedBox, PlacedFrame, Plan, Wire
from .routes import joined
from .spacing import Spacing
from .wiring import Read, lone, repeated, wiring

ListedBlocks = Literal["never", "long", "all"]
"""Which blocks become lists of their layers: `long` are those that are longer than a row."""

_TITLE_GAP = 2.0
_CARD = 2.5
"""How far each card behind a repeated frame stands out."""
_LOOP = 7.0
_HANDLE = 10.0
"""The width and height of a line from a node back to itself."""
_Operands = Mapping[tuple[str, str | None], int]
"""How often a child reads a map, by the map's key and the child's."""
_RAGGED = 0.2
"""Of the longest row: how much a shorter one is lengthened to end where that ends."""


@dataclass(frozen=True)
class _Rect:
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
class _Piece:
    """What is laid out, from (0, 0) on."""

    main: float
    cross: float
    entries: dict[str, float] = field(default_factory=dict)
    """Where across each map comes in, by the box that gives it."""
    exits: dict[str, float] = field(default_factory=dict)
    rects: list[_Rect] = field(default_factory=list)
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

    def add(self, other: _Piece, main: float, cross: float) -> None:
        """Take over what `other` holds, at a place of one's own."""
        self.rects += [
            replace(rect, main=rect.main + main, cross=rect.cross + cross) for rect in other.rects
        ]
        self.wires += [_moved(wire, main, cross) for wire in other.wires]

    def stretched(self, before: float, after: float) -> _Piece:
        """The same with its frame larger across, by `before` and `after`."""
        first = self.rects[0]
        frame = replace(
            first, cross=first.cross - before, cross_size=first.cross_size + before + after
        )
        return replace(self, rects=[frame, *self.rects[1:]])

    def lengthened(self, by: float) -> _Piece:
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


def _turn(point: Point, down: bool) -> Point:
    return point[::-1] if down else point


def _turned(rect: _Rect, down: bool) -> PlacedBox | PlacedFrame:
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
        self._blocks: dict[str, _Piece] = {}
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

    def _network(self, limit: float, lines: Lines | None) -> _Piece:
        """All of it, with what it gives at the end."""
        whole = self.diagram.whole
        reads = list(self.reads.get(whole.key, ()))
        last = whole.children[-1].key
        given: dict[str, _Piece] = {}
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
    ) -> _Piece:
        if isinstance(child, Box):
            return self._box(child.key, self.contents.box(child, inside=level > 1))
        if only := lone(child, level):
            box = self._box(only.key, self.contents.box(only, inside=False))
            return replace(box, key=child.key)
        return self._frame(child, limit, level, around)

    def _box(self, key: str, content: Content) -> _Piece:
        main, cross = _turn(self.contents.size(content), self.down)
        cross = max(cross, content.across)
        piece = _Piece(main, cross, leaf=True, key=key)
        piece.rects.append(_Rect(0.0, 0.0, main, cross, key, content))
        return piece

    def _frame(self, frame: Frame, limit: float, level: int, around: Frame | None) -> _Piece:
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
        whole = _Piece(
            before[0] + main + pad + cards, before[1] + cross + pad + cards, key=frame.key
        )
        whole.framed = True
        rect = _Rect(
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

    def _titled(self, content: Content, inner: _Piece) -> Content:
        """A frame's lines: narrow beside what flows down, in one line where it is as long."""
        if self.down:
            return content.narrow
        return content.flat if content.flat.title_width <= inner.main else content

    def _inside(self, frame: Frame, limit: float, level: int) -> _Piece | None:
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

    def _kept(self, frame: Frame, pieces: dict[str, _Piece], reads: Sequence[Read]) -> _Piece:
        """A block in ranks, which are the same whatever room there is."""
        if frame.key not in self._blocks:
            again = self.again.get(frame.key, ())
            self._blocks[frame.key] = self._ranks(list(pieces.values()), reads, again)
        return self._blocks[frame.key]

    def _rows(
        self,
        pieces: dict[str, _Piece],
        reads: Sequence[Read],
        limit: float,
        lines: Lines | None = None,
    ) -> _Piece:
        words = [
            _Word(self._ranks(own, inner) if len(own) > 1 else own[0], joint, own[0].key)
            for own, inner, joint in _segments(list(pieces.values()), reads)
        ]
        return _wrapped(words, reads, limit, self.contents.spacing, lines)

    def _ranks(
        self,
        pieces: Sequence[_Piece],
        reads: Sequence[Read],
        again: Iterable[tuple[str, str]] = (),
    ) -> _Piece:
        """Pieces laid out in ranks, with the border of a frame before and behind them."""
        places = {piece.key: index for index, piece in enumerate(pieces)}
        own = dict.fromkeys(_to_border(read, places) for read in reads)
        coming = list(dict.fromkeys(r.value for r in own if r.source is None))
        going = list(dict.fromkeys(r.value for r in own if r.target is None))
        nodes = [Node(0.0, 0.0)] * len(coming)
        nodes += [piece.node for piece in pieces]
        nodes += [Node(0.0, 0.0, last=True)] * len(going)
        first = len(coming)
        ends = {value: first + len(pieces) + index for index, value in enumerate(going)}
        starts = {value: index for index, value in enumerate(coming)}
        links = []
        kept = []
        for read in own:
            source, target = places.get(str(read.source)), places.get(str(read.target))
            if source is None and target is None:
                continue
            start = end = 0.0
            if source is not None:
                start = pieces[source].leaves(read.value) - pieces[source].cross / 2
            if target is not None:
                end = pieces[target].enters(read.value) - pieces[target].cross / 2
            links.append(
                Link(
                    starts[read.value] if source is None else first + source,
                    ends[read.value] if target is None else first + target,
                    start, end, (read.value, read.operand),
                )
            )  # fmt: skip
            kept.append((read, source, target))
        order = sorted(range(len(links)), key=lambda i: (links[i].target, i))
        links, kept = [links[i] for i in order], [kept[i] for i in order]
        space = self.contents.spacing
        result = layered(nodes, links, space.rank, space.lane)
        loops = sorted(set(again))
        top = result.top - (_LOOP * len(loops) + 2 if loops else 0.0)
        whole = _Piece(result.main, result.bottom - top)
        for piece, (main, cross) in zip(pieces, result.nodes[first:], strict=False):
            whole.add(piece, main, cross - piece.cross / 2 - top)
        for (read, source, target), way in zip(kept, result.ways, strict=True):
            leaves = pieces[source].key_of_leaf if source is not None else None
            reaches = pieces[target].key_of_leaf if target is not None else None
            points = tuple((main, cross - top) for main, cross in way)
            whole.wires.append(Wire(points, read.value, leaves, reaches))
        for value, index in starts.items():
            whole.entries[value] = result.nodes[index][1] - top
        for value, index in ends.items():
            whole.exits[value] = result.nodes[index][1] - top
        for number, (source_key, target_key) in enumerate(loops):
            whole.wires.append(
                _loop(result, pieces, first, places[source_key], places[target_key], number, top)
            )
        return whole


def _to_border(read: Read, places: Container[str]) -> Read:
    """A line as far as the border of what is in `places`: one for all that read the map beyond."""
    source = read.source if read.source in places else None
    return read._replace(source=source) if read.target in places else Read(read.value, source, None)


def _loop(
    result: Placement, pieces: Sequence[_Piece], first: int, source: int, target: int, number: int,
    top: float,
) -> Wire:  # fmt: skip
    """A dashed line back over everything; of what is alone at the top, a handle on it."""
    nodes, bands, highest = result.nodes, result.bands, result.top
    out, back = nodes[first + source], nodes[first + target]
    reaches = pieces[target].key_of_leaf
    key = pieces[source].key
    ends = (key, key, reaches or pieces[target].key)
    if source == target and _is_free(result, first + source, pieces[source]):
        middle, edge = out[0] + pieces[source].main / 2, out[1] - top - pieces[source].cross / 2
        right, left = middle + _HANDLE / 2, middle - _HANDLE / 2
        low = edge + cap(pieces[source].node, _HANDLE / 2)
        high = edge - _HANDLE
        return Wire(((right, low), (right, high), (left, high), (left, low)), *ends, dashed=True)
    lane = highest - top - _LOOP * (number + 1)
    right, left = bands[first + source][1] + 5, bands[first + target][0] - 5
    from_, to = out[1] - top - 3, back[1] - top - 3
    start = (out[0] + pieces[source].main, from_)
    points = (start, (right, from_), (right, lane), (left, lane), (left, to), (back[0], to))
    return Wire(points, *ends, dashed=True)


def _is_free(result: Placement, node: int, piece: _Piece) -> bool:
    """Whether nothing stands or passes above a node in its rank."""
    start, end = result.bands[node]
    edge = result.nodes[node][1] - piece.cross / 2 - 0.01
    others = (*result.nodes, *(point for way in result.ways for point in way))
    return not any(start <= main <= end and cross < edge for main, cross in others)


class _Word(NamedTuple):
    """What is not broken, and the map that passes from it to the next one."""

    piece: _Piece
    joint: str | None
    key: str
    """Of its first piece."""


def _segments(
    pieces: Sequence[_Piece], reads: Sequence[Read]
) -> Iterator[tuple[list[_Piece], list[Read], str | None]]:
    """The pieces cut wherever one map alone passes, with the lines inside and that map."""
    places = {piece.key: index for index, piece in enumerate(pieces)}
    ends: dict[tuple[str, int], int] = {}
    for read in reads:
        key = (read.value, places.get(str(read.source), -1))
        ends[key] = max(ends.get(key, 0), places.get(str(read.target), len(pieces)))
    alive: list[list[tuple[str, int]]] = [[] for _ in pieces]
    for (value, start), end in ends.items():
        leaves = end == len(pieces)  # by the way round what follows, which has no break then
        for cut in range(max(start, 0), min(end, len(pieces) - 1)):
            if len(alive[cut]) < 2:
                alive[cut].append((value, -1 if leaves else start))
    beside: dict[str | None, list[int]] = {}
    for number, read in enumerate(reads):
        for child in {read.source, read.target}:
            beside.setdefault(child, []).append(number)
    first = 0
    for index in range(len(pieces)):
        passing = alive[index]
        if index + 1 < len(pieces) and (len(passing) > 1 or any(s < first for _, s in passing)):
            continue
        own = list(pieces[first : index + 1])
        inner = [reads[n] for n in sorted({n for piece in own for n in beside.get(piece.key, ())})]
        yield own, inner, passing[0][0] if passing else None
        first = index + 1


@dataclass
class _Row:
    """Words beside each other, each with its place along the flow and across."""

    line: int | None = None
    """The number of the row that it must be."""
    words: list[tuple[_Word, float, float]] = field(default_factory=list)
    main: float = 0.0

    @property
    def top(self) -> float:
        return min(cross for _, _, cross in self.words)

    @property
    def bottom(self) -> float:
        return max(cross + word.piece.cross for word, _, cross in self.words)


def _wrapped(
    words: Sequence[_Word],
    reads: Sequence[Read],
    limit: float,
    space: Spacing,
    lines: Lines | None,
) -> _Piece:
    """Words in rows of at most `limit`; each row's frames are as high as the row."""
    starts = lines.starts if lines else {}
    rows = _in_rows(words, inf, space.word, starts)
    if max(row.main for row in rows) > limit or lines:
        rows = _even_rows(words, limit - 2 * space.gutter, space.word, starts)
        _justify(rows)
        words = [word for row in rows for word, _, _ in row.words]
    gutter = space.gutter if len(rows) > 1 else 0.0
    whole = _Piece(max(row.main for row in rows) + 2 * gutter, 0.0)
    places: list[Point] = []
    operands = _operands(reads)
    for row in rows:
        start = whole.cross + space.row if places else 0.0
        if lines and lines.tops and row.line is not None:
            start = lines.tops[row.line]
        whole.rows.append((row.line, row.bottom - row.top))
        for word, main, cross in row.words:
            piece = word.piece
            places.append((main + gutter, start + cross - row.top))
            if piece.framed:
                piece = piece.stretched(cross - row.top, row.bottom - cross - piece.cross)
            whole.add(piece, *places[-1])
        whole.cross = start + row.bottom - row.top
        _join(whole, row, places, words, (start - space.row / 2, gutter / 2), operands)
    _lead_in(whole, words[0].piece, places[0], reads, operands)
    _lead_out(whole, words[-1].piece, places[-1], reads)
    return whole


def _join(
    whole: _Piece,
    row: _Row,
    places: Sequence[Point],
    words: Sequence[_Word],
    turn: tuple[float, float],
    operands: _Operands,
) -> None:
    """Lines to each word of the last row from the word before it."""
    for index in range(max(len(places) - len(row.words), 1), len(places)):
        before, after = words[index - 1], words[index].piece
        if before.joint is None:
            continue
        main, cross = places[index - 1]
        start = (main + before.piece.main, cross + before.piece.leaves(before.joint))
        main, cross = places[index]
        turns = index == len(places) - len(row.words)
        for shift in _shifts(operands, before.joint, after):
            end = (main, cross + after.enters(before.joint) + shift)
            points = _turning(start, end, *turn) if turns else (start, end)
            whole.wires.append(
                Wire(points, before.joint, before.piece.key_of_leaf, after.key_of_leaf)
            )


def _operands(reads: Sequence[Read]) -> _Operands:
    operands: dict[tuple[str, str | None], set[int]] = {}
    for read in reads:
        operands.setdefault((read.value, read.target), set()).add(read.operand)
    return {key: len(numbers) for key, numbers in operands.items()}


def _shifts(operands: _Operands, value: str, reader: _Piece) -> list[float]:
    """How far from its middle lines with a map reach a word: as many as it reads the map."""
    count = operands.get((value, reader.key), 1)  # what is more than one box fans out by itself
    step = min(APART, reader.cross * 0.8 / count)
    return [(number - (count - 1) / 2) * step for number in range(count)]


def _turning(start: Point, end: Point, middle: float, out: float) -> tuple[Point, ...]:
    """From the end of a row to the start of the next, between them at `middle`, `out` beside."""
    right, left = start[0] + out, end[0] - out
    return (start, (right, start[1]), (right, middle), (left, middle), (left, end[1]), end)


def _lead_in(
    whole: _Piece, first: _Piece, place: Point, reads: Sequence[Read], operands: _Operands
) -> None:
    """Lines from the border to the first word."""
    for value in dict.fromkeys(read.value for read in reads if read.source is None):
        at = place[1] + first.enters(value)
        whole.entries[value] = at
        for shift in _shifts(operands, value, first):
            way = ((0.0, at), (place[0], at + shift))
            whole.wires.append(Wire(way, value, None, first.key_of_leaf))


def _lead_out(whole: _Piece, last: _Piece, place: Point, reads: Sequence[Read]) -> None:
    """Lines from the last word to the border."""
    for value in dict.fromkeys(read.value for read in reads if read.target is None):
        at = place[1] + last.leaves(value)
        whole.exits[value] = at
        way = ((place[0] + last.main, at), (whole.main, at))
        whole.wires.append(Wire(way, value, last.key_of_leaf))


def _even_rows(
    words: Sequence[_Word], limit: float, gap: float, starts: Mapping[str, int]
) -> list[_Row]:
    """The fewest rows of at most `limit`, and of such the ones whose longest is the shortest."""
    rows = _in_rows(words, limit, gap, starts)
    longest = max(row.main for row in rows)
    while True:
        shorter = _in_rows(words, longest - 0.01, gap, starts)
        length = max(row.main for row in shorter)
        if len(shorter) > len(rows) or length >= longest:
            return rows
        rows, longest = shorter, length


def _justify(rows: Sequence[_Row]) -> None:
    """Let rows that are not much shorter than the longest end where it ends, if with a frame."""
    longest = max(row.main for row in rows)
    for row in rows:
        word, main, cross = row.words[-1]
        short = longest - row.main
        if word.piece.framed and 0 < short <= _RAGGED * longest:
            row.words[-1] = (word._replace(piece=word.piece.lengthened(short)), main, cross)
            row.main = longest


def _in_rows(
    words: Sequence[_Word], limit: float, gap: float, starts: Mapping[str, int]
) -> list[_Row]:
    """Words in rows of at most `limit`, each level with the one before it.

    Args:
        starts: the number of the row that a word must begin, by its key.
    """
    rows: list[_Row] = []
    end = len(words)  # of what is not given
    while end and words[end - 1].piece.is_output:
        end -= 1
    given = sum(gap + word.piece.main for word in words[end:])
    for index, word in enumerate(words):
        line = starts.get(word.key)
        if index >= end:
            given -= gap + word.piece.main
        # what is given stands beside what gives it
        length = word.piece.main + (given if index >= end - 1 else 0.0)
        full = rows and rows[-1].main + gap + length > limit
        if not rows or full or line is not None:
            rows.append(_Row(line))
        row = rows[-1]
        start = row.main + gap if row.words else 0.0
        cross = -word.piece.cross / 2
        if row.words:
            before, _, level = row.words[-1]
            if before.joint is not None:
                leaves = before.piece.leaves(before.joint)
                cross = level + leaves - word.piece.enters(before.joint)
        row.words.append((word, start, cross))
        row.main = start + word.piece.main
    return rows
