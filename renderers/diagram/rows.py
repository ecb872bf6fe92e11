"""Pieces in rows that wrap: cut wherever one map alone is alive, and joined again across rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from .content import APART
from .layered import Point
from .lines import Lines
from .piece import Piece
from .plan import Wire
from .spacing import Spacing
from .wiring import Read

_Operands = Mapping[tuple[str, str | None], int]
"""How often a child reads a map, by the map's key and the child's."""
_RAGGED = 0.2
"""Of the longest row: how much a shorter one is lengthened to end where that ends."""


class Word(NamedTuple):
    """What is not broken, and the map that passes from it to the next one."""

    piece: Piece
    joint: str | None
    key: str
    """Of its first piece."""


def segments(
    pieces: Sequence[Piece], reads: Sequence[Read]
) -> Iterator[tuple[list[Piece], list[Read], str | None]]:
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
    words: list[tuple[Word, float, float]] = field(default_factory=list)
    main: float = 0.0

    @property
    def top(self) -> float:
        return min(cross for _, _, cross in self.words)

    @property
    def bottom(self) -> float:
        return max(cross + word.piece.cross for word, _, cross in self.words)


def wrapped(
    words: Sequence[Word],
    reads: Sequence[Read],
    limit: float,
    space: Spacing,
    lines: Lines | None,
) -> Piece:
    """Words in rows of at most `limit`; each row's frames are as high as the row."""
    starts = lines.starts if lines else {}
    rows = _in_rows(words, inf, space.word, starts)
    if max(row.main for row in rows) > limit or lines:
        rows = _even_rows(words, limit - 2 * space.gutter, space.word, starts)
        _justify(rows)
        words = [word for row in rows for word, _, _ in row.words]
    gutter = space.gutter if len(rows) > 1 else 0.0
    whole = Piece(max(row.main for row in rows) + 2 * gutter, 0.0)
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
    whole: Piece,
    row: _Row,
    places: Sequence[Point],
    words: Sequence[Word],
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


def _shifts(operands: _Operands, value: str, reader: Piece) -> list[float]:
    """How far from its middle lines with a map reach a word: as many as it reads the map."""
    count = operands.get((value, reader.key), 1)  # what is more than one box fans out by itself
    step = min(APART, reader.cross * 0.8 / count)
    return [(number - (count - 1) / 2) * step for number in range(count)]


def _turning(start: Point, end: Point, middle: float, out: float) -> tuple[Point, ...]:
    """From the end of a row to the start of the next, between them at `middle`, `out` beside."""
    right, left = start[0] + out, end[0] - out
    return (start, (right, start[1]), (right, middle), (left, middle), (left, end[1]), end)


def _lead_in(
    whole: Piece, first: Piece, place: Point, reads: Sequence[Read], operands: _Operands
) -> None:
    """Lines from the border to the first word."""
    for value in dict.fromkeys(read.value for read in reads if read.source is None):
        at = place[1] + first.enters(value)
        whole.entries[value] = at
        for shift in _shifts(operands, value, first):
            way = ((0.0, at), (place[0], at + shift))
            whole.wires.append(Wire(way, value, None, first.key_of_leaf))


def _lead_out(whole: Piece, last: Piece, place: Point, reads: Sequence[Read]) -> None:
    """Lines from the last word to the border."""
    for value in dict.fromkeys(read.value for read in reads if read.target is None):
        at = place[1] + last.leaves(value)
        whole.exits[value] = at
        way = ((place[0] + last.main, at), (whole.main, at))
        whole.wires.append(Wire(way, value, last.key_of_leaf))


def _even_rows(
    words: Sequence[Word], limit: float, gap: float, starts: Mapping[str, int]
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
    words: Sequence[Word], limit: float, gap: float, starts: Mapping[str, int]
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
