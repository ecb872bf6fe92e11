"""Text from outside, made fit for a message or a terminal."""

from __future__ import annotations

import re

LONGEST_WORD = 160
"""Characters of a message without a space between them: a quoted value, a path."""
LONGEST_LINE = 1600
"""Characters of one line of a message."""

_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
_LONG_LINE = re.compile(rf"[^\n]{{{LONGEST_LINE + 1},}}")


def printable(text: str) -> str:
    """`text` with every character that does not print written as Python writes it.

    Escape sequences cannot reach a terminal, nor can marks that turn the order of what follows.
    Line ends stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _code(c) for c in text)


def brief(text: str) -> str:
    """`text` as a message holds it: printable, and without the middle of long words and lines."""
    words = _LONG_WORD.sub(lambda word: _ends(word[0], LONGEST_WORD), text)
    lines = _LONG_LINE.sub(lambda line: _ends(line[0], LONGEST_LINE), words)
    return printable(lines)


def _code(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _ends(text: str, longest: int) -> str:
    """The beginning and the end of `text`, `longest` characters together."""
    end = longest // 4
    return f"{text[: longest - end - 3]}...{text[-end:]}"
