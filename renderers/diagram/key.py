"""The key of a picture: what its colours and dashed lines mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ...views.drawing import Drawing
from .._colours import Theme, tint
from .._text import printable
from .content import SMALL, width_of
from .plan import Plan, Words
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
_GAP = 4.0
_BETWEEN = 12.0
_LINE = 11.0


class Item(NamedTuple):
    """One entry, with its top left corner; `before` stands at the left of its sign."""

    x: float
    y: float
    kind: Literal["role", "scale", "dashed"]
    words: Words
    role: str = ""
    before: Words | None = None

    @property
    def width(self) -> float:
        before = width_of(self.before) + _GAP if self.before else 0.0
        return before + _sign(self.kind) + _GAP + width_of(self.words)


def _sign(kind: str) -> float:
    return {"role": _SWATCH[0], "scale": _SWATCH[0] * _STEPS, "dashed": 2 * _SWATCH[0]}[kind]


def key(drawing: Drawing, plans: Sequence[Plan], x: float, y: float, right: float) -> list[Item]:
    """The entries in lines from `x` to `right`, from `y` on."""
    result: list[Item] = []
    left = x
    for item in _items(drawing, plans):
        if x > left and x + item.width > right:
            x, y = left, y + _LINE
        result.append(item._replace(x=x, y=y))
        x += item.width + _BETWEEN
    return result


def bottom(items: Sequence[Item], otherwise: float) -> float:
    """Where the key ends."""
    return items[-1].y + _SWATCH[1] + 1 if items else otherwise


def _items(drawing: Drawing, plans: Sequence[Plan]) -> Iterator[Item]:
    if drawing.color_by:
        cost = drawing.costs[0]
        first, last = f"{cost.title}: 0", cost.said(drawing.most)
        yield Item(0, 0, "scale", _words(last), before=_words(first))
    else:
        roles = {box.role for plan in plans for box in plan.boxes}
        shown = [role for role in ROLES if role in roles]
        for role in shown if len(shown) > 1 else ():
            yield Item(0, 0, "role", _words(ROLES[role]), role)
    if any(wire.dashed for plan in plans for wire in plan.wires):
        yield Item(0, 0, "dashed", _words("to the next repetition"))


def _words(text: str) -> Words:
    return Words(printable(text), SMALL, faint=True)


def shapes(items: Sequence[Item], theme: Theme) -> Iterator[Shape]:
    """The entries as they are drawn."""
    for item in items:
        x, base = item.x, item.y + 6.5
        if item.before:
            yield Label(x, base, item.before.text, SMALL, theme.faint)
            x += width_of(item.before) + _GAP
        yield from _signs(item, x, theme)
        yield Label(x + _sign(item.kind) + _GAP, base, item.words.text, SMALL, theme.faint)


def _signs(item: Item, x: float, theme: Theme) -> Iterator[Shape]:
    width, height = _SWATCH
    if item.kind == "role":
        yield Rectangle(x, item.y, width, height, theme.kinds[item.role], theme.border, 1.5)
    elif item.kind == "scale":
        for step in range(_STEPS):
            fill = tint(theme, step / (_STEPS - 1))
            yield Rectangle(x + step * width, item.y, width, height, fill)
    else:
        middle = item.y + height / 2
        start, end = (x, middle), (x + 2 * width, middle)
        yield Curve((start, start, end, end), theme.line, dashed=True)
