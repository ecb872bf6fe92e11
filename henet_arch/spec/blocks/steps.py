"""Lines as steps: which layers or blocks, what they read, when and how often, and why.

step   = [NAME {"," NAME} "="] call {"," call} {clause} ["#" reason]
call   = KIND ["(" [argument {"," argument}] ")"]
clause = "of" value | "when" choice | "times" choice | "for" NAME ["[" [sum] ":" [sum] "]"]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from keyword import iskeyword

from ...ir.graph import Decision, Remark
from .expressions import WORDS, Before, Expression, Name, Reader, layers_named
from .text import Line
from .tokens import Token

JOINS = frozenset({"add", "multiply", "concat", "maximum"})
"""The layers of which the arguments are lines."""


@dataclass(frozen=True, slots=True)
class Called:
    """A layer or a block with its arguments."""

    kind: str
    positional: tuple[Expression, ...]
    named: tuple[tuple[str, Expression], ...]
    column: int

    @property
    def joined(self) -> tuple[Expression, ...]:
        """The lines that it joins."""
        return self.positional if self.kind in JOINS else ()

    @property
    def arguments(self) -> Iterator[Expression]:
        """What it is given besides."""
        yield from () if self.kind in JOINS else self.positional
        yield from (value for _, value in self.named)


@dataclass(frozen=True, slots=True)
class Slice:
    """The values of a list from `start` to before `stop`."""

    name: str
    start: Expression | None
    stop: Expression | None
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One line."""

    names: tuple[str, ...]
    """A name for each call; none for a block in the caller's own scope."""
    calls: tuple[Called, ...]
    of: Name | Before | None
    when: Expression | None
    times: Expression | None
    over: Slice | None
    reason: str
    line: Line

    @property
    def expressions(self) -> Iterator[Expression]:
        """All expressions of the line; the lines that it reads are none."""
        given = [argument for call in self.calls for argument in call.arguments]
        sliced = (self.over.start, self.over.stop) if self.over else ()
        for expression in (*given, self.when, self.times, *sliced):
            if expression is not None:
                yield expression

    @property
    def layers_named(self) -> Iterator[Expression]:
        """All lines that it names."""
        for call in self.calls:
            yield from call.joined
        if self.of is not None:
            yield self.of
        for expression in self.expressions:
            yield from layers_named(expression)


def read_step(line: Line) -> Step | None:
    """What a line says; None for one that is empty, or a remark.

    Raises:
        SpecError: it is no step.
    """
    reader = Reader(line)
    if reader.token.kind in ("end", "reason"):
        return None
    heads = _heads(reader)
    named = reader.takes("=")
    calls = _calls(reader) if named else tuple(_as_call(reader, token) for token in heads)
    names = tuple(token.text for token in heads) if named else ()
    if not named and len(calls) == 1:
        calls = (_called(reader, heads[0]),)
    if named and len(names) != len(calls):
        raise reader.error(
            heads[0].column,
            f"{len(names)} names for {len(calls)} layers",
            fix="as many names as layers, with commas between them",
        )
    for token in heads if named else ():
        check_name(reader, token)
    return _clauses(reader, names, calls)


def check_name(reader: Reader, token: Token) -> None:
    """Refuse what no layer can be called.

    Raises:
        SpecError: it is a word of Python, or of the language.
    """
    if iskeyword(token.text) or token.text in WORDS or token.text == "in":
        raise reader.error(token.column, f"no layer can be named {token.text!r}")


def _heads(reader: Reader) -> list[Token]:
    heads = [reader.name("a name")]
    while reader.takes(","):
        heads.append(reader.name("a name"))
    return heads


def _as_call(reader: Reader, token: Token) -> Called:
    return Called(token.text, (), (), token.column)


def _calls(reader: Reader) -> tuple[Called, ...]:
    calls = [_called(reader, reader.name("a layer"))]
    while reader.takes(","):
        calls.append(_called(reader, reader.name("a layer")))
    return tuple(calls)


def _called(reader: Reader, kind: Token) -> Called:
    positional: list[Expression] = []
    named: dict[str, Expression] = {}
    if not reader.takes("("):
        return Called(kind.text, (), (), kind.column)
    while not reader.takes(")"):
        if positional or named:
            reader.expect(",")
        token = reader.token
        value = reader.expression()
        if not reader.takes("="):
            if named:
                raise reader.error(token.column, "an argument without a name after one with a name")
            positional.append(value)
        elif not isinstance(value, Name):
            raise reader.error(token.column, "a name is missing before '='")
        elif value.name in named:
            raise reader.error(token.column, f"{value.name} is there twice")
        else:
            named[value.name] = reader.expression()
    return Called(kind.text, tuple(positional), tuple(named.items()), kind.column)


def _clauses(reader: Reader, names: tuple[str, ...], calls: tuple[Called, ...]) -> Step:
    of: Name | Before | None = None
    when: Expression | None = None
    times: Expression | None = None
    over: Slice | None = None
    while reader.token.kind not in ("end", "reason"):
        token = reader.token
        if of is None and reader.takes("of"):
            of = _value(reader)
        elif when is None and reader.takes("when"):
            when = reader.expression()
        elif times is None and reader.takes("times"):
            times = reader.expression()
        elif over is None and reader.takes("for"):
            over = _slice(reader)
        else:
            raise reader.error(
                token.column,
                f"{token.text!r:.30} cannot stand here",
                fix="of, when, times or for, each once; a comma between layers",
            )
    reason = reader.token.text.removeprefix("#").strip()
    return Step(names, calls, of, when, times, over, reason, reader.line)


def _value(reader: Reader) -> Name | Before:
    column = reader.token.column
    if reader.takes("before"):
        reader.expect(".")
        return Before(reader.name("the name of a line").text, column)
    return Name(reader.name("the name of a line").text, column)


def _slice(reader: Reader) -> Slice:
    name = reader.name("the key of a list")
    start = stop = None
    if reader.takes("["):
        if not reader.takes(":"):
            start = reader.expression()
            reader.expect(":")
        if not reader.takes("]"):
            stop = reader.expression()
            reader.expect("]")
    return Slice(name.text, start, stop, name.column)


_REASON = re.compile(
    r"(?:(?P<rule>[A-Za-z][\w-]*):\s+)?(?P<what>.*?)\s*(?:\[(?P<source>[^\]]*)\])?"
)


def decisions(text: str, line: Line) -> tuple[Decision, ...]:
    """`rule: reason [source]`, and others after a `;`, as decisions."""
    result = []
    for part in text.split(";") if text else ():
        match = _REASON.fullmatch(part.strip())
        if match and match["what"]:
            rule = match["rule"] or line.owner.name
            result.append(Remark(rule, match["what"], match["source"] or line.source))
    return tuple(result)
