"""The key of a picture: what its colours, bars and dashed lines mean."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import chain
from typing import Literal, NamedTuple

from ...views.drawing import Drawing
from .._colours import Theme, tint
from .._text import printable
from .content import BAR, SMALL, width_of
from .plan import PlacedBox, PlacedFrame, Plan, Words
from .scene import Curve, Label, Rectangle, Shape

ROLES = {
    "conv": "convolution",
    "grouped": "grouped or depthwise",
    "dense": "fully connected",
    "pool": "pooling, resizing",
    "other": "other layers",
}
"""What the colours of kinds mean."""
_SWATCH = (10.0, 8.0)
_STEPS = 7
"""Of the scale of a cost."""
_BAR_SHARE = 0.6
"""Of the bar that stands for all."""
_GAP = 4.0
_BETWEEN = 12.0
_LINE = 11.0


class Item(NamedTuple):
    """One entry, with its top left corner; `before` stands at the left of its sign."""

    x: float
    y: float
    kind: Literal["role", "scale", "bar", "dashed"]
    words: Words
    role: str = ""
    before: Words | None = None

    @property
    def sign(self) -> float:
        """The width of its sign."""
        swatches = {"role": 1, "scale": _STEPS, "bar": 2, "dashed": 2}
        return _SWATCH[0] * swatches[self.kind]

    @property
    def sign_at(self) -> float:
        """Where its sign begins."""
        return self.x + (width_of(self.before) + _GAP if self.before else 0.0)

    @property
    def words_at(self) -> float:
        """Where its words begin."""
        return self.sign_at + self.sign + _GAP

    @property
    def base(self) -> float:
        """The base line of its words."""
        return self.y + 6.5

    @property
    def width(self) -> float:
        return self.words_at + width_of(self.words) - self.x

    def swatches(self, theme: Theme) -> Iterator[tuple[float, str]]:
        """The left end and the colour of each of its swatches."""
        if self.kind == "role":
            yield self.sign_at, theme.kinds[self.role]
        elif self.kind == "scale":
            for step in range(_STEPS):
                yield self.sign_at + step * _SWATCH[0], tint(theme, step / (_STEPS - 1))


def lines(items: Iterable[Item], x: float, y: float, right: float) -> list[Item]:
    """The entries in lines from `x` to `right`, from `y` on."""
    result: list[Item] = []
    left = x
    for item in items:
        if x > left and x + item.width > right:
            x, y = left, y + _LINE
        result.append(item._replace(x=x, y=y))
        x += item.width + _BETWEEN
    return result


def bottom(items: Sequence[Item], otherwise: float) -> float:
    """Where the key ends."""
    return items[-1].y + _SWATCH[1] + 1 if items else otherwise


def key(drawing: Drawing, plans: Sequence[Plan]) -> Iterator[Item]:
    """What the key of a diagram explains."""
    cost = drawing.costs[0]
    if drawing.color_by:
        first, last = f"{cost.title}: 0", cost.said(drawing.most)
        yield Item(0, 0, "scale", _words(last), before=_words(first))
    else:
        yield from roles({box.role for plan in plans for box in plan.boxes})
        areas = (
            area
            for plan in plans
            for area in chain[PlacedBox | PlacedFrame](plan.boxes, plan.frames)
        )
        if any(area.share is not None for area in areas):
            yield Item(0, 0, "bar", _words(f"of the largest, {cost.said(drawing.most)}"))
    if any(wire.dashed for plan in plans for wire in plan.wires):
        yield Item(0, 0, "dashed", _words("to the next repetition"))


def roles(shown: Container[str]) -> Iterator[Item]:
    """What the colours of kinds mean, where there are several."""
    several = [role for role in ROLES if role in shown]
    for role in several if len(several) > 1 else ():
        yield Item(0, 0, "role", _words(ROLES[role]), role)


def _words(text: str) -> Words:
    return Words(printable(text), SMALL, faint=True)


def shapes(items: Sequence[Item], theme: Theme) -> Iterator[Shape]:
    """The entries as they are drawn."""
    width, height = _SWATCH
    for item in items:
        base = item.base
        if item.before:
            yield Label(item.x, base, item.before.text, SMALL, theme.faint)
        line = theme.border if item.kind == "role" else None
        for x, fill in item.swatches(theme):
            yield Rectangle(x, item.y, width, height, fill, line, 1.5 if line else 0.0)
        middle = item.y + height / 2
        if item.kind == "bar":
            sides = (item.sign, item.sign * _BAR_SHARE)
            for length, fill in zip(sides, (theme.track, theme.bar), strict=True):
                yield Rectangle(item.x, middle - BAR / 2, length, BAR, fill)
        if item.kind == "dashed":
            start, end = (item.x, middle), (item.x + item.sign, middle)
            yield Curve((start, start, end, end), theme.line, dashed=True)
        yield Label(item.words_at, base, item.words.text, SMALL, theme.faint)
