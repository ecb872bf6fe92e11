"""From a plan to a picture: colours, arrows, and the place of every line of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._colours import Theme, on, tint
from .content import ASIDE, BAR, BAR_GAP, FRAME_BAR, LEADING, width_of
from .plan import PlacedBox, PlacedFrame, Plan, Point, Wire, Words
from .scene import Curve, Group, Label, Polygon, Rectangle, Shape

BASE = 0.93
"""Where a line's base is, in its height."""
_ARROW = (5.0, 2.0)
"""Its length, and half its width."""
_CORNER = 3.0
"""The radius of a line's corners."""
CARD = 2.5
"""How far each card behind a repeated frame stands out."""


def frames(plan: Plan, theme: Theme) -> Iterator[Group]:
    """The frames, each with cards behind it where it repeats."""
    for frame in plan.frames:
        yield Group("frame", tuple(_frame(frame, theme)), " ".join(w.text for w in frame.words[:1]))


def _frame(frame: PlacedFrame, theme: Theme) -> Iterator[Shape]:
    fill = theme.frames[frame.level]
    for card in (2, 1, 0) if frame.repeat > 1 else (0,):
        x, y = frame.x + card * CARD, frame.y + card * CARD
        yield Rectangle(x, y, frame.width, frame.height, fill, theme.border, 4.0)
    x, y = frame.x + frame.pad, frame.y + frame.pad / 2
    for index, line in enumerate(frame.words):
        yield _label(x, y, line, theme.text)
        after = x + width_of(line) + ASIDE
        if index == 0 and frame.aside:
            yield _label(after, y + (line.size - frame.aside.size) * BASE, frame.aside, theme.faint)
            after += width_of(frame.aside) + ASIDE
        y += line.size * LEADING
    if frame.share is not None:
        at = (x, y + BAR_GAP) if frame.stacked else (after, y - (line.size * LEADING + BAR) / 2)
        yield from _bar(*at, FRAME_BAR, frame.share, theme.bar, theme.track)


def boxes(plan: Plan, theme: Theme) -> Iterator[Group]:
    """The boxes, and signs in circles."""
    for box in plan.boxes:
        yield Group("box", tuple(_box(box, theme)), " ".join(w.text for w in box.words))


def _box(box: PlacedBox, theme: Theme) -> Iterator[Shape]:
    if box.role == "ground":
        fill, line = theme.ground, None
    elif box.role == "sign":
        fill, line = theme.kinds["plain"], theme.line
    else:
        fill = theme.kinds[box.role] if box.tint is None else tint(theme, box.tint)
        line = theme.line if box.opaque else theme.border
    if line:
        radius = min(box.height, box.width) / 2 if box.role == "sign" else 3.0
        yield Rectangle(box.x, box.y, box.width, box.height, fill, line, radius, box.opaque)
    bar = BAR + 1.5 if box.share is not None else 0.0
    y = box.y + (box.height - bar - _height(box.words)) / 2
    left = box.x + (box.width - max(map(width_of, box.words), default=0.0)) / 2
    for index, words in enumerate(box.words):
        ink = theme.faint if box.role == "ground" else on(fill)
        listed = box.listed and index > 0
        x = left if listed else box.x + box.width / 2
        yield _label(x, y, words, ink, middle=not listed)
        y += words.size * LEADING
    if box.share is not None:
        ink = theme.bar if box.tint is None else on(fill)
        y = box.y + box.height - BAR - 2.0
        yield from _bar(box.x + 5, y, box.width - 10, box.share, ink, theme.track)


def _bar(
    x: float, y: float, width: float, share: float, ink: str, track: str
) -> Iterator[Rectangle]:
    yield Rectangle(x, y, width, BAR, track)
    yield Rectangle(x, y, max(share * width, 0.6), BAR, ink)


def _height(words: Sequence[Words]) -> float:
    return sum(line.size * LEADING for line in words)


def _label(x: float, top: float, words: Words, ink: str, *, middle: bool = False) -> Label:
    return Label(
        x, top + words.size * BASE, words.text, words.size, ink, words.bold,
        "middle" if middle else "start",
    )  # fmt: skip


def wires(plan: Plan, theme: Theme) -> Iterator[Group]:
    """The lines, those from one repetition to the next dashed."""
    for wire in plan.wires:
        yield Group("edge", tuple(_wire(wire, theme.line, plan.down)))


def _wire(wire: Wire, ink: str, down: bool) -> Iterator[Shape]:
    points = list(wire.points)
    last, end = points[-2], points[-1]
    along = (0.0, 1.0) if down else (1.0, 0.0)
    direction = along if _bends(last, end) else _unit(last, end)
    length, half = _ARROW
    base = (end[0] - direction[0] * length, end[1] - direction[1] * length)
    points[-1] = (end[0] - direction[0] * length / 2, end[1] - direction[1] * length / 2)
    yield Curve(tuple(_bezier(points, down)), ink, wire.dashed)
    across = (-direction[1] * half, direction[0] * half)
    sides = [(base[0] + s * across[0], base[1] + s * across[1]) for s in (1, -1)]
    yield Polygon((end, *sides), ink)


def _bends(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) > 1e-6 and abs(one[1] - other[1]) > 1e-6


def _unit(one: Point, other: Point) -> Point:
    dx, dy = other[0] - one[0], other[1] - one[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    return dx / length, dy / length


def _bezier(points: Sequence[Point], down: bool) -> Iterator[Point]:
    """The way as curves: bends between lines along the flow, and rounded corners."""
    yield points[0]
    at = points[0]
    for index, point in enumerate(points[1:], start=1):
        if _bends(at, point):
            middle = (at[1] + point[1]) / 2 if down else (at[0] + point[0]) / 2
            one, two = (
                ((at[0], middle), (point[0], middle))
                if down
                else ((middle, at[1]), (middle, point[1]))
            )
            yield from (one, two, point)
            at = point
            continue
        after = points[index + 1] if index + 1 < len(points) else None
        if after is None or _bends(point, after):
            yield from (at, point, point)
            at = point
            continue
        radius = min(_CORNER, _far(at, point) / 2, _far(point, after) / 2)
        come, go = _unit(at, point), _unit(point, after)
        before = (point[0] - come[0] * radius, point[1] - come[1] * radius)
        behind = (point[0] + go[0] * radius, point[1] + go[1] * radius)
        yield from (at, before, before)
        yield from (_toward(before, point), _toward(behind, point), behind)
        at = behind


def _toward(one: Point, other: Point, part: float = 0.55) -> Point:
    return one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part


def _far(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
