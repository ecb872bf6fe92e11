"""A line as tokens, with the column of each."""

from __future__ import annotations

import re
from typing import NamedTuple

from .text import Line, error_at

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<name>[A-Za-z_]\w*)"
    r'|(?P<text>"[^"]*")'
    r"|(?P<mark>//|==|!=|<=|>=|[-+*/%<>=()\[\],:.])"
    r"|(?P<reason>\#.*)"
    r"|(?P<end>$))",
    re.ASCII,
)
_MOST_DIGITS = 18


class Token(NamedTuple):
    """A part of a line."""

    kind: str
    """number, name, text, mark, reason or end."""
    text: str
    column: int


def tokens(line: Line) -> list[Token]:
    """The tokens of a line; the last one is its end, or the reason at its end.

    Raises:
        SpecError: a character belongs to no token, or a number has too many digits.
    """
    result: list[Token] = []
    position = 0
    while not result or result[-1].kind not in ("end", "reason"):
        match = _TOKEN.match(line.text, position)
        if match is None or match.lastgroup is None:
            column = position + len(line.text[position:]) - len(line.text[position:].lstrip())
            raise error_at(line, column, f"{line.text[column : column + 12]!r} cannot stand here")
        text, column = match[match.lastgroup], match.start(match.lastgroup)
        if match.lastgroup == "number" and len(text) > _MOST_DIGITS:
            raise error_at(line, column, f"a number of {len(text)} digits")
        result.append(Token(match.lastgroup, text, column))
        position = match.end()
    return result
