"""Small helpers that write lines of C."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, one level deeper."""
    return [f"    {line}" for line in lines]


def block(head: str, lines: Iterable[str]) -> Iterator[str]:
    """`head` and the lines in braces behind it."""
    yield f"{head} {{"
    yield from indented(lines)
    yield "}"


def call(name: str, *arguments: object) -> str:
    """A call as a statement."""
    return f"{name}({', '.join(map(str, arguments))});"


def joined(lines: Iterable[str]) -> str:
    """The lines as the body of a function."""
    return "\n".join(indented(lines))


def number(value: float) -> str:
    """A constant that is the float nearest to `value`: nine digits bring the very float back."""
    if math.isnan(value):
        return "NAN"
    if abs(value) >= _BEYOND:
        return "INFINITY" if value > 0 else "-INFINITY"
    word = f"{value if abs(value) > _LEAST else math.copysign(0.0, value):.9g}"
    return f"{word}f" if "." in word or "e" in word else f"{word}.0f"


_BEYOND = 2.0**128 - 2.0**103
"""From here on a number is nearer to infinity than to the largest float."""
_LEAST = 2.0**-150
"""Up to here a number is nearer to 0 than to the smallest float."""
