"""Which columns of a table fit into a width, and how wide each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from .table import Cell, Column, Share, Table, plain

ROOMY = 120
"""Characters of a line with room to spare."""
_BARS = (10, 6, 3, 0)
"""Characters of the longest bar, the best first."""
_PERCENT = len("100.0% ")
_PROSE, _NAME = 16, 20
"""Characters of a line of prose, and of a name, that people can read."""
_EDGE, _GAP = 1, 2
"""Characters before the first column, and between two."""
_NOTHING, _TITLES, _NAMES, _ALL = range(4)
"""What gives way: titles are broken, names are cut and prose is broken, and both to the last."""


@dataclass(frozen=True)
class Layout:
    """How a table is shown in a width.

    Attributes:
        shown: The columns that fit, by their places in the table.
        widths: Characters of each of them.
        bar: Characters of the longest bar.
        left_out: Columns that do not fit, by their places.
        enough: The width from which on none is left out.
    """

    shown: tuple[int, ...]
    widths: tuple[int, ...]
    bar: int
    left_out: tuple[int, ...]
    enough: int


class _Room(NamedTuple):
    """Characters that a column takes."""

    natural: int
    least: tuple[int, int, int, int]
    """For each of what gives way."""
    share: float | None
    """The largest share of a column of shares."""
    empty: bool
    """Whether it says nothing."""

    def most(self, bar: int) -> int:
        return max(self.natural, self._shares(bar))

    def fewest(self, bar: int, way: int) -> int:
        return max(self.least[way], self._shares(bar))

    def _shares(self, bar: int) -> int:
        return 0 if self.share is None else _PERCENT + (round(self.share * bar * 8) + 7) // 8


class _Choice(NamedTuple):
    """One way to show a table."""

    columns: tuple[int, ...]
    bar: int
    way: int

    def width(self, rooms: Sequence[_Room]) -> int:
        """The fewest characters of a line."""
        gaps = _GAP * (len(self.columns) - 1)
        return _EDGE + gaps + sum(rooms[index].fewest(self.bar, self.way) for index in self.columns)


def layout(table: Table, width: int) -> Layout:
    """The best way to show `table` in a width.

    Columns without content leave first, then bars shorten, titles are broken, shares leave, names
    are cut and prose is broken, and columns leave by their rank. Numbers are never cut.

    Args:
        table: It has a row or more.
        width: Characters of a line.
    """
    cells = zip(*(row.cells for row in table.rows), strict=True)
    rooms = [_room(*each, width) for each in zip(table.columns, cells, strict=True)]
    for choice in _choices(table.columns, rooms, width):
        if choice.width(rooms) <= width:
            break
    filled = tuple(index for index, room in enumerate(rooms) if not room.empty)
    left_out = tuple(index for index in filled if index not in choice.columns)
    roomy = any(table.columns[index].wide for index in left_out)
    enough = max(_Choice(filled, 0, _TITLES).width(rooms), ROOMY if roomy else 0)
    return Layout(choice.columns, _widths(choice, rooms, width), choice.bar, left_out, enough)


def _choices(columns: Sequence[Column], rooms: list[_Room], width: int) -> Iterator[_Choice]:
    """All ways, from the best; the last shows the first column alone."""
    every = [i for i, column in enumerate(columns) if width >= ROOMY or not column.wide or not i]
    filled = [i for i in every if not rooms[i].empty or not i]
    usual = [i for i in filled if not columns[i].wide or not i]
    for shown in dict.fromkeys(map(tuple, (every, filled, usual))):
        yield from (_Choice(shown, bar, _NOTHING) for bar in _BARS)
        yield _Choice(shown, 0, _TITLES)
    kept = [i for i in usual if not columns[i].share or columns[i].rank or not i]
    yield from (_Choice(tuple(kept), 0, way) for way in (_NOTHING, _TITLES, _NAMES))
    for index in sorted(kept[1:], key=lambda i: (columns[i].rank, i), reverse=True):
        if not columns[index].rank:
            yield _Choice(tuple(kept), 0, _ALL)
        kept.remove(index)
        yield _Choice(tuple(kept), 0, _NAMES)
    yield _Choice(tuple(kept), 0, _ALL)


def _room(column: Column, cells: Sequence[Cell], width: int) -> _Room:
    shares = [cell.part for cell in cells if isinstance(cell, Share)]
    texts = [plain(cell) for cell in cells if not isinstance(cell, Share)]
    content = max(map(cell_len, texts), default=0)
    title, title_word = cell_len(column.title), _longest_word([column.title])
    most = max(title, content, 1)
    if column.prose:
        word = _longest_word(texts)
        usual = max(word, _PROSE)
        titles, names, everything = max(title_word, usual), min(usual, 24), 8
        most_whole = max(title, usual)
    elif column.number or column.whole:
        titles = names = everything = max(title_word, content)
        most_whole = most
    else:
        titles, names, everything = max(title_word, content), max(_NAME, 2 * width // 5), 8
        most_whole = most
    least = (min(most, most_whole), min(most, titles), min(most, names), min(most, everything))
    return _Room(most, least, max(shares, default=None), not (shares or content))


def _longest_word(texts: Sequence[str]) -> int:
    return max((cell_len(word) for text in texts for word in text.split()), default=0)


def _widths(choice: _Choice, rooms: Sequence[_Room], width: int) -> tuple[int, ...]:
    """Every column as wide as it can use, the widest giving way until all fit."""
    least = [rooms[index].fewest(choice.bar, choice.way) for index in choice.columns]
    widths = [rooms[index].most(choice.bar) for index in choice.columns]
    room = width - _EDGE - _GAP * (len(widths) - 1)
    while sum(widths) > room:
        giving = [i for i, each in enumerate(widths) if each > least[i]]
        if not giving:
            return (max(1, room),)  # the first column alone
        widths[max(giving, key=widths.__getitem__)] -= 1
    return tuple(widths)
