"""Small helpers that write lines of C."""

from __future__ import annotations

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
