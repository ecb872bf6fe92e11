"""The whole sheet: the title, the key of colours, and the networks below, on a page or free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import log

from ...support.errors import DrawError
from ...views.diagram import Frame
from ...views.drawing import Drawing
from ...views.page_size import PageSize
from .._colours import THEMES, Theme
from .._text import printable
from .content import LEADING, SMALL, Contents, width_of
from .paint import boxes, frames, wires
from .place import Placer
from .plan import Plan, Words
from .scene import Group, Label, Rectangle, Scene, Shape
from .spacing import SPACINGS, USUAL, Spacing

MARGIN = 4.0
LEAST_TEXT = 6.0
"""The smallest text on a page, in points."""
_ASPECT = 1.5
"""Width by height of a picture that is free."""
_WIDTHS = (300.0, 360.0, 430.0, 520.0, 620.0, 740.0, 880.0, 1060.0, 1260.0, 1500.0)
_STEPS = 8
_TITLE = 10.0
_BETWEEN = 18.0
"""Between two networks."""

KEY = {
    "conv": "convolution",
    "grouped": "grouped or depthwise",
    "dense": "fully connected",
    "pool": "pooling, resizing",
    "other": "other layers",
}
"""What the colours mean."""


@dataclass(frozen=True)
class Sheet:
    """A drawing with everything placed."""

    plans: tuple[Plan, ...]
    headings: tuple[tuple[float, float, Words], ...]
    key: tuple[tuple[float, float, str], ...]
    """The places of the key's colours, by role."""
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
        best = min(best, own, key=_distance)
    return best


def _free_within(drawing: Drawing, placers: Sequence[Placer], limit: float) -> Sheet:
    """In rows of at most `limit`, as lists what is longer."""
    own = _arranged(drawing, placers, limit)
    along = own.height if placers[0].down else own.width
    if along <= limit or drawing.depth != "blocks":
        return own
    return _arranged(drawing, placers, limit, lists=True)


def _distance(own: Sheet) -> float:
    """How far its proportions are from those of a picture that reads well."""
    return abs(log(own.width / own.height / _ASPECT))


def _fitted(drawing: Drawing, page: PageSize) -> Sheet:
    tried: list[Sheet] = []
    choices = [
        (lists, _placers(drawing, spacing, down=down))
        for lists in ((False, True) if drawing.depth == "blocks" else (False,))
        for spacing in SPACINGS
        for down in _directions(drawing)
    ]
    for lists, placers in choices:
        for step in range(_STEPS + 1):
            scale = page.largest + (LEAST_TEXT / SMALL - page.largest) * step / _STEPS
            limit = (page.height if placers[0].down else page.width) / scale
            own = _arranged(drawing, placers, limit, lists=lists)
            if _fits(own, page, scale):
                return _centred(replace(own, scale=scale), page)
            tried.append(own)
    scale = LEAST_TEXT / SMALL
    least = min(tried, key=lambda own: max(own.width / page.width, own.height / page.height))
    raise DrawError(
        f"{drawing.name} does not fit on {page} at depth {drawing.depth}",
        why=f"with text of {LEAST_TEXT:g} pt it needs {least.width * scale:.0f} x "
        f"{least.height * scale:.0f} pt",
        fix=_coarser(drawing) + "or a larger page: --fit WIDTHxHEIGHT",
    )


def _centred(own: Sheet, page: PageSize) -> Sheet:
    """The sheet as wide as the page, its networks in the middle."""
    width = page.width / own.scale
    shift = (width - own.width) / 2
    return replace(
        own,
        width=width,
        plans=tuple(plan.moved(shift, 0.0) for plan in own.plans),
        headings=tuple((x + shift, y, words) for x, y, words in own.headings),
        key=tuple((x + shift, y, role) for x, y, role in own.key),
    )


def _fits(own: Sheet, page: PageSize, scale: float) -> bool:
    return own.width * scale <= page.width + 0.01 and own.height * scale <= page.height + 0.01


def _coarser(drawing: Drawing) -> str:
    fold = "" if drawing.fold else "--fold, "
    depth = {"layers": "--depth blocks, ", "blocks": "--depth stages, ", "stages": ""}
    return fold + depth[drawing.depth]


def _placers(drawing: Drawing, spacing: Spacing, *, down: bool) -> list[Placer]:
    """What lays out each network."""
    result = []
    for diagram, cost in zip(drawing.detailed, drawing.costs, strict=True):
        last = diagram.whole.children[-1]
        inside = {box.key for box in (last.boxes() if isinstance(last, Frame) else (last,))}
        tags = frozenset(key for key, _ in diagram.outputs if key not in inside)
        result.append(Placer(diagram, Contents(drawing, cost, tags, spacing), down=down))
    return result


def _arranged(
    drawing: Drawing, placers: Sequence[Placer], limit: float, *, lists: bool = False
) -> Sheet:
    """All at its own size, with rows of at most `limit` points."""
    down = placers[0].down
    several = len(drawing.diagrams) > 1
    room = limit - 2 * MARGIN
    if several:
        room = (room - _BETWEEN * (len(drawing.diagrams) - 1)) / len(drawing.diagrams)
    plans: list[Plan] = []
    headings: list[tuple[float, float, Words]] = []
    x, top, bottom = MARGIN, MARGIN, MARGIN
    for placer in placers:
        plan = placer.place(room, lists=lists)
        report = placer.diagram.report
        lines = [Words(printable(report.graph.name), _TITLE, bold=True)]
        lines += [
            Words(text, SMALL, faint=True)
            for text in _broken(printable(f"{report.graph.signature}, {report.headline()}"), room)
        ]
        y = top
        for line in lines:
            y += line.size * LEADING
            headings.append((x, y, line))
        plans.append(plan.moved(x, y + 8))
        bottom = max(bottom, y + 8 + plan.height)
        x += max(plan.width, *(width_of(line) for line in lines)) + _BETWEEN
    width = x - _BETWEEN + MARGIN
    key, bottom = _key(
        drawing, plans, max(width, limit if drawing.page and not down else 0), bottom
    )
    width = (
        max(width, *(x + 14 + width_of(_key_words(role)) + MARGIN for x, _, role in key), 0.0)
        if key
        else width
    )
    return Sheet(tuple(plans), tuple(headings), tuple(key), width, bottom + MARGIN)


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


def _key_words(role: str) -> Words:
    return Words(KEY[role], SMALL, faint=True)


def _key(
    drawing: Drawing, plans: Sequence[Plan], width: float, bottom: float
) -> tuple[list[tuple[float, float, str]], float]:
    """The places of the key's colours below all, in lines."""
    roles = [r for r in KEY if any(b.role == r for plan in plans for b in plan.boxes)]
    if drawing.color_by or len(roles) < 2:
        return [], bottom
    x, y = MARGIN, bottom + 8
    result = []
    for role in roles:
        room = 14 + width_of(_key_words(role))
        if x > MARGIN and x + room > width - MARGIN:
            x, y = MARGIN, y + 11
        result.append((x, y, role))
        x += room + 12
    return result, y + 9


def scene(drawing: Drawing) -> tuple[Scene, float]:
    """The drawing as shapes, and by how much they are multiplied on its page."""
    own = sheet(drawing)
    theme = THEMES[drawing.ground]
    groups: list[Group] = []
    for plan in own.plans:
        groups += [*frames(plan, theme), *wires(plan, theme), *boxes(plan, theme)]
    groups.append(Group("title", tuple(_headings(own, theme))))
    groups.append(Group("key", tuple(_swatches(own, theme))))
    return Scene(
        own.width, own.height, theme.ground, printable(drawing.name), tuple(groups)
    ), own.scale


def _headings(own: Sheet, theme: Theme) -> Iterator[Shape]:
    for x, y, words in own.headings:
        ink = theme.faint if words.faint else theme.text
        yield Label(x, y, words.text, words.size, ink, words.bold)


def _swatches(own: Sheet, theme: Theme) -> Iterator[Shape]:
    for x, y, role in own.key:
        yield Rectangle(x, y, 10, 8, theme.kinds[role], theme.border, 1.5)
        words = _key_words(role)
        yield Label(x + 14, y + 6.5, words.text, words.size, theme.faint)
