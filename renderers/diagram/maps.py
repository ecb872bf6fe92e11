"""Feature maps as slabs, stage by stage, as people draw them by hand.

A slab is as high as its map, as deep as the map is wide, and as thick as the map has channels; its
edges grow with the square roots of these, so that large and small ones can be seen together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ...analyzers.report import Report
from ...support.errors import DrawError
from ...views.drawing import Drawing
from ...views.outline import Part, outline
from ...views.page_size import PageSize
from .._captions import spaced
from .._colours import THEMES, Theme, kind_of, mixed
from .._text import printable
from .content import LEADING, SMALL, width_of
from .key import Item, bottom, lines, roles, shapes
from .plan import Point, Words
from .scene import Curve, Group, Label, Polygon, Scene, Shape

OBLIQUE = 0.35
"""How long a slab's depth is drawn, along each axis."""
_EDGE = 7.0
"""Points for the square root of a pixel."""
_THICK = 1.5
"""Points for the square root of a channel."""
_GAP = 12.0
_BETWEEN = 20.0
"""Between stages."""
_MARGIN = 6.0
_FREE = 1000.0
"""The width of a picture that is on no page."""
LEAST_TEXT = 6.0
_NOTE = "edges grow with the square roots of height, width and channels"


@dataclass(frozen=True)
class Slab:
    """A map: its front's lower left corner, its extents, and what is below it."""

    x: float
    y: float
    thick: float
    high: float
    deep: float
    role: str
    words: Words

    @property
    def width(self) -> float:
        return max(self.thick + self.deep * OBLIQUE, width_of(self.words))


@dataclass(frozen=True)
class Maps:
    """All slabs on their sheet, and what is written."""

    slabs: tuple[Slab, ...]
    texts: tuple[tuple[float, float, Words], ...]
    arrows: tuple[tuple[Point, Point], ...]
    key: tuple[Item, ...]
    width: float
    height: float
    scale: float = 1.0


def maps(drawing: Drawing) -> Maps:
    """The maps of one network on the drawing's page.

    Raises:
        DrawError: there are two networks, or they do not fit.
    """
    if len(drawing.reports) > 1:
        raise DrawError("maps are of one network", fix="no --compare")
    (report,) = drawing.reports
    if drawing.page is None:
        return _arranged(report, _FREE)
    return _fitted(report, drawing.page)


def _fitted(report: Report, page: PageSize) -> Maps:
    least = LEAST_TEXT / SMALL
    for step in range(9):
        scale = page.largest + (least - page.largest) * step / 8
        own = _arranged(report, page.width / scale)
        if own.width * scale <= page.width + 0.01 and own.height * scale <= page.height + 0.01:
            return replace(own, width=page.width / scale, scale=scale)
    raise DrawError(
        f"the maps of {report.graph.name} do not fit on {page}",
        why=f"with text of {LEAST_TEXT:g} pt they need {own.width * least:.0f} x "
        f"{own.height * least:.0f} pt",
        fix="a larger page: --fit WIDTHxHEIGHT",
    )


def _arranged(report: Report, limit: float) -> Maps:
    """Stages in rows of at most `limit` points."""
    title = Words(printable(report.graph.name), 10.0, bold=True)
    note = Words(printable(f"{report.graph.signature}; {_NOTE}"), SMALL, faint=True)
    texts = [(_MARGIN, 14.0, title), (_MARGIN, 14.0 + SMALL * LEADING, note)]
    slabs: list[Slab] = []
    arrows: list[tuple[Point, Point]] = []
    rows: list[list[tuple[str, list[Slab]]]] = [[]]
    length = 0.0
    for name, own in _stages(report):
        width = _length(name, own)
        if rows[-1] and length + width > limit - 2 * _MARGIN:
            rows.append([])
            length = 0.0
        rows[-1].append((name, own))
        length += width + _BETWEEN
    y = 14.0 + 2 * SMALL * LEADING
    right = _MARGIN + max(map(width_of, (title, note)))
    for row in rows:
        y += max(s.high + s.deep * OBLIQUE for _, own in row for s in own) + 6
        middle = y - max(s.high for _, own in row for s in own) / 2
        x = _MARGIN
        last: Slab | None = None
        for name, own in row:
            start = x
            for slab in own:
                left = x + (slab.width - slab.thick - slab.deep * OBLIQUE) / 2
                placed = replace(slab, x=left, y=middle + slab.high / 2)
                slabs.append(placed)
                center = x + slab.width / 2 - width_of(slab.words) / 2
                texts.append((center, y + 9, slab.words))
                if last:
                    back = last.x + last.thick + last.deep * OBLIQUE / 2
                    arrows.append(((back, middle), (left, middle)))
                last = placed
                x += slab.width + _GAP
            words = Words(printable(name), SMALL, bold=True)
            width = max(x - _GAP - start, width_of(words))
            texts.append((start + (width - width_of(words)) / 2, y + 19, words))
            right = max(right, start + width)
            x = start + width + _BETWEEN
        y += 26
    items = lines(roles({slab.role for slab in slabs}), _MARGIN, y, right)
    right = max([right, *(item.x + item.width for item in items)])
    return Maps(
        tuple(slabs), tuple(texts), tuple(arrows), tuple(items), right + _MARGIN,
        bottom(items, y) + (_MARGIN if items else 0.0),
    )  # fmt: skip


def _length(name: str, slabs: Sequence[Slab]) -> float:
    inside = sum(slab.width + _GAP for slab in slabs) - _GAP
    return max(inside, width_of(Words(name, SMALL, bold=True)))


def _stages(report: Report) -> Iterator[tuple[str, list[Slab]]]:
    """Each stage with its slabs; equal maps that follow one another are one."""
    for stage in outline(report).parts:
        same = groupby(_shapes(stage), key=lambda each: (each[0], each[1]))
        own = [_slab(shape, role, sum(count for *_, count in each)) for (shape, role), each in same]
        if own:
            yield stage.label, own


def _shapes(stage: Part) -> Iterator[tuple[tuple[int, ...], str, int]]:
    """What each block or layer of a stage gives, where it computes or changes something.

    Equal blocks give what the last of them does, as often as there are.
    """
    for part in stage.parts if stage.level != "unit" else (stage,):
        role = kind_of(part.main.node) if part.level == "unit" else "conv"
        node = part.layers[-1].node
        shape = tuple(int(size) for size in node.shape)
        if role in ("other", "plain") and node.inputs:
            continue
        yield shape, role, len(part.parts) if part.level == "run" else 1


def _slab(shape: tuple[int, ...], role: str, count: int) -> Slab:
    channels, high, wide = (*shape, 1, 1)[:3]
    times = f" (x{count})" if count > 1 else ""
    thick, deep = max(_THICK * channels**0.5, 2.0), _EDGE * wide**0.5
    size = _EDGE * high**0.5
    if len(shape) == 1:
        thick, size = 4.0, max(_THICK * channels**0.5, 6.0)
    words = Words(f"{spaced(shape)}{times}", SMALL, faint=True)
    return Slab(0.0, 0.0, thick, size, deep, role, words)


def faces(slab: Slab, theme: Theme) -> Iterator[tuple[tuple[Point, ...], str]]:
    """The front, the top and the side of a slab, each with its colour."""
    fill = theme.kinds[slab.role]
    x, y, d = slab.x, slab.y, slab.deep * OBLIQUE
    right, top = x + slab.thick, y - slab.high
    yield ((x, y), (right, y), (right, top), (x, top)), fill
    yield ((x, top), (right, top), (right + d, top - d), (x + d, top - d)), mixed(fill, "#ffffff")
    yield (
        ((right, y), (right + d, y - d), (right + d, top - d), (right, top)),
        mixed(fill, "#000000"),
    )


def maps_scene(drawing: Drawing) -> tuple[Scene, float]:
    """The maps as shapes, and by how much they are multiplied on their page."""
    own = maps(drawing)
    theme = THEMES[drawing.ground]
    groups = [Group("edge", tuple(_arrow(start, end, theme))) for start, end in own.arrows]
    groups += [
        Group("map", tuple(Polygon(f, fill, theme.line) for f, fill in faces(slab, theme)))
        for slab in own.slabs
    ]
    labels = (
        Label(x, y, w.text, w.size, theme.faint if w.faint else theme.text, w.bold)
        for x, y, w in own.texts
    )
    groups.append(Group("title", tuple(labels)))
    groups.append(Group("key", tuple(shapes(own.key, theme))))
    title = printable(drawing.name)
    return Scene(own.width, own.height, theme.ground, title, tuple(groups)), own.scale


def _arrow(start: Point, end: Point, theme: Theme) -> Iterator[Shape]:
    yield Curve((start, start, end, end), theme.line)
    x, y = end
    yield Polygon((end, (x - 5, y - 2), (x - 5, y + 2)), theme.line)
