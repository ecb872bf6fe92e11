"""The whole sheet: the title, the key of colours, and the networks below, on a page or free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import log
from typing import get_args

from ...results.report_table import Depth
from ...support.errors import DrawError
from ...views.diagram import Diagram
from ...views.drawing import Drawing
from ...views.page_size import PageSize
from .._colours import THEMES, Theme
from .._text import printable
from .content import LEADING, SMALL, Contents, width_of
from .key import Item, bottom, key, lines, shapes
from .lines import aligned
from .maps import maps_scene
from .paint import boxes, frames, wires
from .place import ListedBlocks, Placer
from .plan import Plan, Words
from .scene import Group, Label, Scene, Shape
from .spacing import SPACINGS, USUAL, Spacing

MARGIN = 4.0
LEAST_TEXT = 6.0
"""The smallest text on a page, in points."""
_LEAST_SCALE = LEAST_TEXT / SMALL
_ASPECT = 1.5
"""Width by height of a picture that is free."""
_WIDTHS = (300.0, 360.0, 430.0, 520.0, 620.0, 740.0, 880.0, 1060.0, 1260.0, 1500.0)
_STEPS = 8
_TITLE = 10.0
_HEADING = 56.0
"""Room for titles and the key, where rows go down."""
_BELOW_TITLE = 8.0
_BETWEEN = 18.0
"""Between two networks."""


@dataclass(frozen=True)
class Sheet:
    """A drawing with everything placed."""

    plans: tuple[Plan, ...]
    headings: tuple[tuple[float, float, Words], ...]
    key: tuple[Item, ...]
    width: float
    height: float
    scale: float = 1.0
    """By how much all is multiplied on the page."""


def sheet(drawing: Drawing) -> Sheet:
    """`drawing` placed on its page; or as wide as reads well, where none is named.

    Raises:
        DrawError: it does not fit with text that can be read.
    """
    if drawing.page is None:
        return _free(drawing)
    return _fitted(drawing, drawing.page)


def _directions(drawing: Drawing) -> tuple[bool, ...]:
    """Whether the flow may go right, and down, in this order."""
    if drawing.direction:
        return (drawing.direction == "down",)
    return (False, True) if drawing.page else (False,)


def _free(drawing: Drawing) -> Sheet:
    (down,) = _directions(drawing)
    placers = _placers(drawing, USUAL, down=down)
    best = _free_within(drawing, placers, _WIDTHS[-1])
    for limit in _WIDTHS[-2::-1]:
        own = _arranged(drawing, placers, limit)
        if (own.height if down else own.width) > limit:
            break  # what cannot be broken is longer
        best = min(best, own, key=_badness)
    return best


def _free_within(drawing: Drawing, placers: Sequence[Placer], limit: float) -> Sheet:
    """In rows of at most `limit`, as lists what is longer."""
    own = _arranged(drawing, placers, limit)
    along = own.height if placers[0].down else own.width
    if along <= limit or drawing.depth != "blocks":
        return own
    return _arranged(drawing, placers, limit, lists="long")


def _badness(own: Sheet) -> float:
    """How far its proportions are from those of a picture that reads well, and how large it is."""
    return abs(log(own.width / own.height / _ASPECT)) + 2 * log(own.width * own.height)


def _fitted(drawing: Drawing, page: PageSize) -> Sheet:
    tried: list[Sheet] = []
    for lists in get_args(ListedBlocks) if drawing.depth == "blocks" else ("never",):
        for spacing in SPACINGS:
            for down in _directions(drawing):
                placers = _placers(drawing, spacing, down=down)
                best = _largest(drawing, placers, page, lists)
                if best.scale >= _LEAST_SCALE:
                    return _centred(best, page)
                tried.append(best)
    least = max(tried, key=lambda own: own.scale)
    raise DrawError(
        f"{drawing.name} does not fit on {page} at depth {drawing.depth}",
        why=f"with text of {LEAST_TEXT:g} pt it needs {least.width * _LEAST_SCALE:.0f} x "
        f"{least.height * _LEAST_SCALE:.0f} pt",
        fix=", or ".join((*_coarser(drawing), "a larger page: --fit WIDTHxHEIGHT")),
    )


def _largest(
    drawing: Drawing, placers: Sequence[Placer], page: PageSize, lists: ListedBlocks
) -> Sheet:
    """Of several widths of rows, the sheet that is largest on the page, with its scale there."""
    best: list[Sheet] = []
    for step in range(_STEPS + 1):
        scale = page.largest + (_LEAST_SCALE - page.largest) * step / _STEPS
        if best and best[-1].scale >= scale:
            break
        limit = (page.height if placers[0].down else page.width) / scale
        own = _arranged(drawing, placers, limit, lists=lists)
        fills = min(page.width / own.width, page.height / own.height, page.largest)
        best.append(replace(own, scale=fills))
        best.sort(key=lambda each: each.scale)
    return best[-1]


def _centred(own: Sheet, page: PageSize) -> Sheet:
    """The sheet as wide as the page, its networks in the middle."""
    width = page.width / own.scale
    shift = (width - own.width) / 2
    return replace(
        own,
        width=width,
        plans=tuple(plan.moved(shift, 0.0) for plan in own.plans),
        headings=tuple((x + shift, y, words) for x, y, words in own.headings),
        key=tuple(item._replace(x=item.x + shift) for item in own.key),
    )


def _coarser(drawing: Drawing) -> Iterator[str]:
    """The first setting that shows less, and fits."""
    choices = [] if drawing.fold else [("--fold", replace(drawing, fold=True))]
    depths = get_args(Depth)
    choices += [
        (f"--depth {depth}", replace(drawing, depth=depth, fold=True))
        for depth in reversed(depths[: depths.index(drawing.depth)])
    ]
    for option, other in choices:
        with suppress(DrawError):
            sheet(other)
            yield option
            return


def _placers(drawing: Drawing, spacing: Spacing, *, down: bool) -> list[Placer]:
    """What lays out each network."""
    result = []
    for diagram, cost in zip(drawing.detailed, drawing.costs, strict=True):
        tags = frozenset(key for key, _ in diagram.outputs) - diagram.last
        result.append(Placer(diagram, Contents(drawing, cost, tags, spacing), down=down))
    return result


def _arranged(
    drawing: Drawing, placers: Sequence[Placer], limit: float, *, lists: ListedBlocks = "never"
) -> Sheet:
    """All at its own size, with rows of at most `limit` points."""
    down = placers[0].down
    room = limit - 2 * MARGIN - (_HEADING if down else 0.0)
    room = (room - _BETWEEN * (len(placers) - 1)) / len(placers)
    plans: list[Plan] = []
    headings: list[tuple[float, float, Words]] = []
    x = y = MARGIN
    right = low = 0.0
    for placer, plan in zip(placers, _beside(placers, room, lists=lists), strict=True):
        base = y
        for line in _title(placer.diagram, plan.width if down else room):
            base += line.size * LEADING
            headings.append((x, base, line))
            right = max(right, x + width_of(line))
        plans.append(plan.moved(x, base + _BELOW_TITLE))
        right, low = max(right, x + plan.width), max(low, base + _BELOW_TITLE + plan.height)
        x, y = (x, low + _BETWEEN) if down else (right + _BETWEEN, y)
    end = max(right, 0.0 if down else room)
    items = lines(key(drawing, plans), MARGIN, low + _BELOW_TITLE, end)
    right = max(right, *(item.x + item.width for item in items), 0.0) if items else right
    low = bottom(items, low)
    return Sheet(tuple(plans), tuple(headings), tuple(items), right + MARGIN, low + MARGIN)


def _beside(placers: Sequence[Placer], room: float, *, lists: ListedBlocks) -> list[Plan]:
    """The networks; of two, what `diff` matches in the same rows."""
    if len(placers) == 1:
        return [placer.place(room, lists=lists) for placer in placers]
    rows = aligned([placer.diagram for placer in placers])
    plans = [p.place(room, lists=lists, lines=own) for p, own in zip(placers, rows, strict=True)]
    gap = placers[0].contents.spacing.row
    tops = _tops([_heights(plan.rows, gap) for plan in plans], gap)
    return [
        placer.place(room, lists=lists, lines=replace(own, tops=tops))
        for placer, own in zip(placers, rows, strict=True)
    ]


def _heights(rows: Sequence[tuple[int | None, float]], gap: float) -> dict[int, float]:
    """The extent of each numbered row, with those that follow it."""
    result: dict[int, float] = {}
    number = 0
    for line, height in rows:
        if line is None:
            result[number] = result.get(number, -gap) + gap + height
        else:
            number = line
            result[number] = height
    return result


def _tops(heights: Sequence[dict[int, float]], gap: float) -> list[float]:
    """Where each row begins, so that it has room in all networks."""
    tops: list[float] = []
    at = 0.0
    for row in range(max(max(own) for own in heights) + 1):
        tops.append(at)
        at += max(own.get(row, 0.0) for own in heights) + gap
    return tops


def _title(diagram: Diagram, room: float) -> Iterator[Words]:
    """The network's name, and what it is and costs."""
    report = diagram.report
    yield Words(printable(report.graph.name), _TITLE, bold=True)
    for text in _broken(printable(f"{report.graph.signature}, {report.headline()}"), room):
        yield Words(text, SMALL, faint=True)


def _broken(text: str, room: float) -> Iterator[str]:
    """A line in several, broken after commas."""
    line = ""
    for part in text.split(", "):
        longer = f"{line}, {part}" if line else part
        if line and width_of(Words(longer, SMALL)) > room:
            yield f"{line},"
            line = part
        else:
            line = longer
    yield line


def scene(drawing: Drawing) -> tuple[Scene, float]:
    """The drawing as shapes, and by how much they are multiplied on its page."""
    if drawing.figure == "maps":
        return maps_scene(drawing)
    own = sheet(drawing)
    theme = THEMES[drawing.ground]
    groups: list[Group] = []
    for plan in own.plans:
        groups += [*frames(plan, theme), *wires(plan, theme), *boxes(plan, theme)]
    groups.append(Group("title", tuple(_headings(own, theme))))
    groups.append(Group("key", tuple(shapes(own.key, theme))))
    return Scene(
        own.width, own.height, theme.ground, printable(drawing.name), tuple(groups)
    ), own.scale


def _headings(own: Sheet, theme: Theme) -> Iterator[Shape]:
    for x, y, words in own.headings:
        ink = theme.faint if words.faint else theme.text
        yield Label(x, y, words.text, words.size, ink, words.bold)
