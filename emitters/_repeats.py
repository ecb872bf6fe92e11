"""Folds what repeats in emitted Python: names and statements that differ in a number alone."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from ._python import Call, Numbered


def runs(modules: Sequence[tuple[str, Call]]) -> Iterator[tuple[str, Call | Numbered]]:
    """Modules that differ only in a number that counts on, as one."""
    for start, stop in _counting([(*_numbered(name), str(value)) for name, value in modules]):
        name, value = modules[start]
        if stop - start < _MANY:
            yield from modules[start:stop]
        else:
            word, number = _numbered(name)
            yield word, Numbered(word, value, number, number + stop - start)


_MANY = 6
"""Repeats from which a loop is shorter."""
_CALL = re.compile(r"self\.(\w+?)(0|[1-9][0-9]*)\(")


def folded(lines: Sequence[str], counted: Container[str]) -> Iterator[str]:
    """Statements that differ only in a number that counts on, as a loop.

    The type checker does not know the modules that were made in a loop, which `counted` names.
    """
    keys = []
    for line in lines:
        calls = _CALL.findall(line)
        word, number = calls[0] if len(calls) == 1 else ("", 0)
        keys.append((word, int(number), _CALL.sub("layer(", line)))
    for start, stop in _counting(keys):
        word, number, line = keys[start]
        if stop - start < _MANY:
            yield from (_looked_up(line, counted) for line in lines[start:stop])
        else:
            yield f"for i in range({number}, {number + stop - start}):"
            yield f'    layer = self.get_submodule(f"{word}{{i}}")'
            yield f"    {line}"


def _looked_up(line: str, counted: Container[str]) -> str:
    def call(match: re.Match[str]) -> str:
        name = match[1] + match[2]
        return f'self.get_submodule("{name}")(' if name in counted else match[0]

    return _CALL.sub(call, line)


def _numbered(name: str) -> tuple[str, int]:
    """`block12` as ("block", 12); a name without a number, or with 0 before it, as ("", 0)."""
    match = re.fullmatch(r"(\w+?)(0|[1-9][0-9]*)", name)
    return (match[1], int(match[2])) if match else ("", 0)


def _counting(keys: Sequence[tuple[str, int, str]]) -> Iterator[tuple[int, int]]:
    """Where `keys` of (word, number, rest) count on, with nothing else different."""
    start = 0
    for index in range(1, len(keys) + 1):
        word, number, rest = keys[index - 1]
        if index == len(keys) or not word or keys[index] != (word, number + 1, rest):
            yield start, index
            start = index
