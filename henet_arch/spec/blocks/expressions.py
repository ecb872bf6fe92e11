"""Expressions: a grammar of our own, read into small values and never run as Python.

choice     = either ["if" either "else" choice]
either     = both {"or" both}
both       = inverse {"and" inverse}
inverse    = "not" inverse | comparison
comparison = sum [("==" | "!=" | "<" | "<=" | ">" | ">=") sum]
sum        = product {("+" | "-") product}
product    = sign {("*" | "/" | "//" | "%") sign}
sign       = "-" sign | atom
atom       = NUMBER | TEXT | "true" | "false" | "(" choice ")" | NAME ["." NAME]
           | NAME "(" [choice {"," choice}] ")" | NAME "[" choice "]"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from .text import Line, error_at
from .tokens import Token, tokens

DEEPEST = 40
"""Levels of parentheses, choices, signs and calls in an expression."""
WORDS = frozenset(
    {"if", "else", "and", "or", "not", "true", "false", "of", "when", "times", "for", "before"}
)
"""What no layer, block or number can be called."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a truth or a word in quotes."""

    value: int | Fraction | bool | str
    column: int


@dataclass(frozen=True, slots=True)
class Name:
    """A number, or a layer, by its name."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Before:
    """`before.add`: a layer of the block before."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Item:
    """`channels[0]`."""

    name: str
    index: Expression
    column: int


@dataclass(frozen=True, slots=True)
class Call:
    """`max(a, b)`."""

    function: str
    arguments: tuple[Expression, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One or two operands."""

    operator: str
    operands: tuple[Expression, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Choice:
    """`a if condition else b`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    column: int


Expression: TypeAlias = Constant | Name | Before | Item | Call | Operation | Choice


LENGTH = "len"
LAYER_FUNCTIONS = frozenset({"channels", "height", "width", "same_shape"})
"""The functions of layers, which they are given by name."""


def operands(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that one is made of, with no name of a layer or a whole list among them."""
    match expression:
        case Call(function=function) if function == LENGTH or function in LAYER_FUNCTIONS:
            return ()
        case Call(arguments=given) | Operation(operands=given):
            return given
        case Item(index=index):
            return (index,)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
    return ()


def parts(expression: Expression) -> Iterator[Expression]:
    """An expression and all that it is made of, but names of layers and whole lists."""
    yield expression
    for operand in operands(expression):
        yield from parts(operand)


def names(expression: Expression) -> Iterator[str]:
    """The numbers that it names."""
    return (part.name for part in parts(expression) if isinstance(part, Name))


def layers_named(expression: Expression) -> Iterator[Expression]:
    """The layers that it names."""
    for part in parts(expression):
        if isinstance(part, Call) and part.function in LAYER_FUNCTIONS:
            yield from part.arguments


def lists_named(expression: Expression) -> Iterator[tuple[str, int]]:
    """The keys of which it reads a whole list, or a place of it, with their columns."""
    for part in parts(expression):
        if isinstance(part, Item):
            yield part.name, part.column
        elif isinstance(part, Call) and part.function == LENGTH:
            for argument in part.arguments:
                yield argument.name if isinstance(argument, Name) else "", argument.column


class Reader:
    """Reads the tokens of a line, one after the other."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._tokens = tokens(line)
        self._next = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The one that comes next."""
        return self._tokens[self._next]

    def advance(self) -> Token:
        token = self.token
        self._next += self._next < len(self._tokens) - 1
        return token

    def takes(self, text: str) -> bool:
        """Whether the next token is this word or mark, which is then read."""
        found = self.token.kind in ("name", "mark") and self.token.text == text
        if found:
            self.advance()
        return found

    def expect(self, text: str) -> None:
        """Read this mark.

        Raises:
            SpecError: something else stands there.
        """
        if not self.takes(text):
            raise self.unexpected(f"{text!r}")

    def name(self, what: str) -> Token:
        """Read a name.

        Raises:
            SpecError: something else stands there, or a word of the language.
        """
        if self.token.kind != "name":
            raise self.unexpected(what)
        if self.token.text in WORDS:
            raise self.error(self.token.column, f"{self.token.text!r} is a word of the language")
        return self.advance()

    def error(self, column: int, what: str, *, why: str = "", fix: str = "") -> Exception:
        """What to raise of a column of the line."""
        return error_at(self.line, column, what, why=why, fix=fix)

    def unexpected(self, wanted: str) -> Exception:
        """What to raise where something else is wanted."""
        token = self.token
        shown = "the end" if token.kind in ("end", "reason") else f"{token.text:.30}"
        return self.error(token.column, f"{wanted} is missing before {shown}")

    def expression(self) -> Expression:
        """Read a `choice`."""
        return self._nested(self._choice)

    def _nested(self, read: Callable[[], Expression]) -> Expression:
        if self._depth >= DEEPEST:
            raise self.error(
                self.token.column, f"an expression is nested more than {DEEPEST} levels deep"
            )
        self._depth += 1
        result = read()
        self._depth -= 1
        return result

    def _choice(self) -> Expression:
        then = self._either()
        column = self.token.column
        if not self.takes("if"):
            return then
        condition = self._either()
        if not self.takes("else"):
            raise self.unexpected("'else'")
        return Choice(condition, then, self.expression(), column)

    def _either(self) -> Expression:
        return self._chain(("or",), self._both)

    def _both(self) -> Expression:
        return self._chain(("and",), self._inverse)

    def _inverse(self) -> Expression:
        column = self.token.column
        if self.takes("not"):
            return Operation("not", (self._nested(self._inverse),), column)
        left = self._sum()
        column = self.token.column
        for mark in ("==", "!=", "<=", ">=", "<", ">"):
            if self.takes(mark):
                return Operation(mark, (left, self._sum()), column)
        return left

    def _sum(self) -> Expression:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Expression:
        return self._chain(("*", "//", "/", "%"), self._sign)

    def _chain(self, marks: tuple[str, ...], read: Callable[[], Expression]) -> Expression:
        """Operands of equal rank, from the left; each step is a level of the expression."""
        result, length = read(), 0
        while any(self.token.text == mark and self.token.kind != "text" for mark in marks):
            operator = self.advance()
            length += 1
            if length > DEEPEST:
                raise self.error(operator.column, f"more than {DEEPEST} operators in a row")
            result = Operation(operator.text, (result, read()), operator.column)
        return result

    def _sign(self) -> Expression:
        column = self.token.column
        if self.takes("-"):
            return Operation("-", (self._nested(self._sign),), column)
        return self._atom()

    def _atom(self) -> Expression:
        token = self.token
        if token.kind == "number":
            self.advance()
            number = Fraction(token.text)
            return Constant(int(number) if number.denominator == 1 else number, token.column)
        if token.kind == "text":
            self.advance()
            return Constant(token.text[1:-1], token.column)
        if self.takes("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if token.text in ("true", "false") and token.kind == "name":
            self.advance()
            return Constant(token.text == "true", token.column)
        if self.takes("before"):
            self.expect(".")
            return Before(self.name("the name of a line").text, token.column)
        name = self.name("a number or a name").text
        if self.takes("("):
            return Call(name, self._arguments(), token.column)
        if self.takes("["):
            index = self.expression()
            self.expect("]")
            return Item(name, index, token.column)
        return Name(name, token.column)

    def _arguments(self) -> tuple[Expression, ...]:
        if self.takes(")"):
            return ()
        result = [self.expression()]
        while self.takes(","):
            result.append(self.expression())
        self.expect(")")
        return tuple(result)


def read_expression(line: Line) -> Expression:
    """The one expression that a line is.

    Raises:
        SpecError: it is none.
    """
    reader = Reader(line)
    result = reader.expression()
    if reader.token.kind not in ("end", "reason"):
        raise reader.unexpected("the end of the expression")
    return result
