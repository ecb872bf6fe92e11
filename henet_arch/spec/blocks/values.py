"""What expressions work with, and how: whole numbers, exact fractions, symbols, truths, words."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import Any, TypeAlias

from ...ir.dims import certainly_below, certainly_equal, divides
from ...support.errors import RuleError

Value: TypeAlias = Any
"""An int, a Fraction, a sympy expression, a bool, a str, or a tuple of values."""

LARGEST_VALUE = 10**18
"""The largest number, and the largest denominator, that an expression may come to."""


def exact(value: Any) -> Value:
    """A key's value as expressions have it: decimals are exact, and so are those in lists."""
    if isinstance(value, float):
        return _plain(Fraction(str(value)))
    if isinstance(value, list | tuple):
        return tuple(map(exact, value))
    return value


def shown(value: Value) -> str:
    """A value as a message has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Fraction):
        return f"{value.numerator} / {value.denominator}"
    return repr(value)[:60] if isinstance(value, str | tuple) else f"{value!s:.60}"


def number(value: Value) -> Value:
    """A number, or a symbol.

    Raises:
        RuleError: it is a truth, a word or a list.
    """
    if isinstance(value, bool | str | tuple) or value is None:
        kind = {bool: "a truth", str: "a word", tuple: "a list"}.get(type(value), "nothing")
        raise RuleError(f"{shown(value)} is {kind}, and no number", fix="a number")
    return value


def truth(value: Value) -> bool:
    """A truth.

    Raises:
        RuleError: it is something else.
    """
    if not isinstance(value, bool):
        raise RuleError(
            f"{shown(value)} is neither true nor false", fix="a comparison, such as stride > 1"
        )
    return value


def _plain(value: Value) -> Value:
    """A fraction that is whole as an int.

    Raises:
        RuleError: it is beyond all use.
    """
    if type(value) is int:
        if -LARGEST_VALUE <= value <= LARGEST_VALUE:
            return value
    elif not isinstance(value, Fraction):
        return value
    elif value.denominator == 1:
        return _plain(value.numerator)
    elif max(abs(value.numerator), value.denominator) <= LARGEST_VALUE:
        return value
    raise RuleError(
        f"a number above {LARGEST_VALUE:,}", why="no size is so large", fix="smaller numbers"
    )


def _divided(a: Value, b: Value) -> Value:
    """`a / b`: whole where it comes out whole, and else a fraction."""
    if b == 0:
        raise RuleError(f"{shown(a)} / 0", fix="a number that is not 0")
    if isinstance(a, Fraction) or isinstance(b, Fraction):
        return a / b
    if type(a) is int and type(b) is int:
        return Fraction(a, b)
    return a / b if divides(b, a) is False else a // b


def _floored(a: Value, b: Value) -> Value:
    if b == 0:
        raise RuleError(f"{shown(a)} // 0", fix="a number that is not 0")
    return a // b


def _remainder(a: Value, b: Value) -> Value:
    if b == 0:
        raise RuleError(f"{shown(a)} % 0", fix="a number that is not 0")
    return a % b


def _equal(a: Value, b: Value) -> bool:
    words = isinstance(a, bool | str), isinstance(b, bool | str)
    if any(words):
        if type(a) is not type(b):
            raise RuleError(
                f"{shown(a)} and {shown(b)} are never equal: they differ in kind",
                fix="two numbers, two words or two truths",
            )
        return bool(a == b)
    if _is_plain(number(a)) and _is_plain(number(b)):
        return bool(a == b)
    return certainly_equal((a,), (b,))


def _is_plain(value: Value) -> bool:
    """Whether it is a number and no symbol."""
    return isinstance(value, int | Fraction)


def below(a: Value, b: Value) -> bool:
    """Whether `a < b`.

    Raises:
        TypeError: symbols leave it open.
    """
    relation = number(a) < number(b)
    if isinstance(relation, bool):
        return relation
    if relation not in (True, False):
        raise TypeError(f"a block asks whether {a} < {b}")
    return bool(relation)


_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
    "//": _floored,
    "%": _remainder,
}
_RELATIONS: dict[str, Callable[[Value, Value], bool]] = {
    "==": _equal,
    "!=": lambda a, b: not _equal(a, b),
    "<": below,
    ">": lambda a, b: below(b, a),
    "<=": lambda a, b: not below(b, a),
    ">=": lambda a, b: not below(a, b),
}


def operation(operator: str) -> Callable[[Value, Value], Value]:
    """The function of an operator with two operands, `and` and `or` not among them."""
    if operator in _RELATIONS:
        return _RELATIONS[operator]
    combined = _ARITHMETIC[operator]
    return lambda a, b: _plain(combined(number(a), number(b)))


def negative(value: Value) -> Value:
    """`-value`."""
    return -number(value)


def largest(*values: Value) -> Value:
    """The largest; of a symbol and a number the symbol, on the condition that it is no less."""
    result = number(values[0])
    for value in values[1:]:
        result = value if _certainly_below(result, number(value)) else result
    return result


def smallest(*values: Value) -> Value:
    """The smallest."""
    result = number(values[0])
    for value in values[1:]:
        result = value if below(value, result) else result
    return result


def _certainly_below(a: Value, b: Value) -> bool:
    """Whether `a < b`; that a symbol is no less than a number becomes a condition."""
    if _is_plain(a) and not _is_plain(b):
        return not certainly_below(b, a)
    return certainly_below(a, b)


def round_to(value: Value, unit: Value = 8) -> Value:
    """The nearest multiple of `unit`, and never 10 % below; `unit` at least.

    Source: `_make_divisible` of the authors of MobileNet, as torchvision has it.
    """
    if type(number(unit)) is not int or unit < 1:
        raise RuleError(f"no multiples of {shown(unit)}", fix="a whole number of 1 or more")
    if not _is_plain(number(value)):
        raise TypeError(f"a block rounds {value}")
    result = max(unit, floor(value + Fraction(unit, 2)) // unit * unit)
    return _plain(result + unit if result * 10 < value * 9 else result)
