"""Lays out Python source as ruff's formatter does."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from textwrap import wrap

WIDTH = 88
"""Columns of a line: the formatter's default."""


@dataclass(frozen=True)
class Call:
    """`head(argument, name=argument, ...)`."""

    head: str
    arguments: Sequence[tuple[str, Expression]] = ()
    """Each with its name; "" for none."""
    spread: bool = False
    """One argument a line, even if all fit in one."""

    def parts(self) -> list[tuple[str, Expression]]:
        """Each argument with what goes before it."""
        return [(f"{name}=" if name else "", value) for name, value in self.arguments]

    def __str__(self) -> str:
        return f"{self.head}({', '.join(f'{before}{value}' for before, value in self.parts())})"


@dataclass(frozen=True)
class Numbered:
    """`**{f"name{i}": value for i in range(start, stop)}`, as an argument."""

    name: str
    value: Call
    start: int
    stop: int

    def parts(self) -> tuple[str, str]:
        """The item and the range."""
        return f'f"{self.name}{{i}}": {self.value}', f"for i in range({self.start}, {self.stop})"

    def names(self) -> list[str]:
        """The names of all."""
        return [f"{self.name}{number}" for number in range(self.start, self.stop)]

    def __str__(self) -> str:
        return f"**{{{' '.join(self.parts())}}}"


Expression = Call | Numbered | str


def layout(start: str, value: Expression, indent: int, end: str = "") -> list[str]:
    """`start` and `value` in as few lines as fit, indented by `indent` levels."""
    margin = "    " * indent
    line = f"{margin}{start}{value}{end}"
    if isinstance(value, str) or (len(line) <= WIDTH and not _is_spread(value)):
        return [line]
    if isinstance(value, Numbered):
        inner = [f"{margin}    {part}" for part in value.parts()]
        return [f"{margin}{start}**{{", *inner, f"{margin}}}{end}"]
    joined = f"{margin}    {', '.join(f'{before}{inner}' for before, inner in value.parts())}"
    if len(joined) <= WIDTH and not _is_spread(value):
        inner = [joined]
    else:
        inner = [row for b, part in value.parts() for row in layout(b, part, indent + 1, ",")]
    return [f"{margin}{start}{value.head}(", *inner, f"{margin}){end}"]


def _is_spread(value: Expression) -> bool:
    if not isinstance(value, Call):
        return False
    return value.spread or any(_is_spread(inner) for _, inner in value.arguments)


def docstring(lines: Iterable[str], indent: int = 0) -> list[str]:
    """A docstring in plain ASCII; nothing in `lines` can end it, and long ones are wrapped."""
    margin = "    " * indent
    rows = [row for line in lines for row in wrap(_plain(line), WIDTH - len(margin) - 3) or [""]]
    if len(rows) == 1 and len(margin) + len(rows[0]) + 6 <= WIDTH:
        return [f'{margin}"""{rows[0]}"""']
    if len(rows) == 1:  # a formatter would put the quotes behind it, over the edge
        rows = wrap(rows[0], len(rows[0]) - 1)
    body = [f"{margin}{row}".rstrip() for row in rows[1:]]
    return [f'{margin}"""{rows[0]}', *body, f'{margin}"""']


def string(value: str) -> str:
    """A text as a literal; what does not print is escaped."""
    body = "".join(
        c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in value
    )
    quote = "'" if value.count('"') > value.count("'") else '"'
    return f"{quote}{body.replace(quote, chr(92) + quote)}{quote}"


def _plain(text: str) -> str:
    return "".join(c if " " <= c <= "~" and c not in '\\"' else "?" for c in text)


def class_name(text: str, taken: Container[str], fallback: str) -> str:
    """`text` in CapWords, such as `HenetR3` for `henet-r3`; numbered if it is taken."""
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text))
    if not name.isidentifier() or iskeyword(name):
        name = fallback
    unique, number = name, 2
    while unique in taken:
        unique, number = f"{name}{number}", number + 1
    return unique
