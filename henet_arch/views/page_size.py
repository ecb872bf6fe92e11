"""The pages that a drawing may be fitted to."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..support.errors import DrawError

_MILLIMETRE = 72 / 25.4
_UNITS = {"mm": _MILLIMETRE, "pt": 1.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|pt)")
_LEAST, _MOST = 36.0, 14_400.0
"""Points along a side; PDF has no larger page."""


class PageSize(NamedTuple):
    """A page: its name, its width and height in points of 1/72 inch.

    `largest` says how much larger than usual text may be, to fill it.
    """

    name: str
    width: float
    height: float
    largest: float = 1.0

    def __str__(self) -> str:
        return f"{self.name} ({self.width:.0f} x {self.height:.0f} pt)"


PAGES = {
    "a4": PageSize("a4", 170 * _MILLIMETRE, 250 * _MILLIMETRE),
    "column": PageSize("column", 84 * _MILLIMETRE, 230 * _MILLIMETRE),
    "slide": PageSize("slide", 310 * _MILLIMETRE, 160 * _MILLIMETRE, 2.0),
}
"""A4 and a column of a paper in two, without margins; a slide of 16:9 below its title."""


def page_size(text: str) -> PageSize:
    """The page named `text`, or of a size as `120x80mm`.

    Raises:
        DrawError: it is neither, or too small or large.
    """
    if page := PAGES.get(text):
        return page
    match = _SIZE.fullmatch(text)
    if not match:
        raise DrawError(
            f"{text!r} is no page",
            fix=f"{', '.join(PAGES)}, or WIDTHxHEIGHT in mm or pt: 120x80mm, 400x300pt",
        )
    width, height = (float(match[i]) * _UNITS[match[3]] for i in (1, 2))
    if not all(_LEAST <= side <= _MOST for side in (width, height)):
        raise DrawError(
            f"a page of {text} cannot be drawn on",
            why=f"a side has {_LEAST:.0f} to {_MOST:,.0f} pt",
            fix="a size as 120x80mm or 400x300pt",
        )
    return PageSize(text, width, height)
