"""Between which numbers a formula lies, from those between which its symbols do."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from math import floor as rounded
from math import isqrt, prod

from sympy import Expr, Max, Min, floor

from ..ir.open_divisors import m, n

Interval = tuple[Fraction, Fraction]
"""The least and the largest; a formula need not reach either."""


def interval(expr: Expr, ranges: Mapping[Expr, tuple[int, int]]) -> Interval:
    """An interval that holds every value of `expr`.

    Raises:
        ValueError: it divides by what could be 0.
    """
    if expr.is_Rational:
        return (Fraction(int(expr.p), int(expr.q)),) * 2
    if expr in ranges:
        low, high = ranges[expr]
        return Fraction(low), Fraction(high)
    inner = [interval(argument, ranges) for argument in expr.args]
    lows, highs = zip(*inner, strict=True)
    if expr.is_Add:
        return sum(lows, Fraction()), sum(highs, Fraction())
    if isinstance(expr, Max):
        return max(lows), max(highs)
    if isinstance(expr, Min):
        return min(lows), min(highs)
    if isinstance(expr, floor):
        return Fraction(rounded(lows[0])), Fraction(rounded(highs[0]))
    if expr.func in (m, n):
        return _divisor(expr, lows[0], highs[0])
    if expr.is_Mul:
        return _corners(inner)
    return _power(inner[0], int(expr.exp))


def _corners(factors: list[Interval]) -> Interval:
    low, high = factors[0]
    for factor in factors[1:]:
        ends = [a * b for a, b in product((low, high), factor)]
        low, high = min(ends), max(ends)
    return low, high


def _power(base: Interval, exponent: int) -> Interval:
    if exponent > 0:
        return _corners([base] * exponent)
    if base[0] <= 0 <= base[1]:
        raise ValueError("a division by what could be 0")
    low, high = _corners([base] * -exponent)
    return 1 / high, 1 / low


def _divisor(expr: Expr, low: Fraction, high: Fraction) -> Interval:
    """m is above the root of its width, and n below it; widths are 2 or more."""
    low, high = max(low, Fraction(2)), max(high, Fraction(2))
    if expr.func is m:
        return Fraction(isqrt(int(low)) + 1), high
    return Fraction(1), Fraction(isqrt(int(high)))


def magnitude(expr: Expr, ranges: Mapping[Expr, tuple[int, int]]) -> int:
    """No step on the way to a value of `expr`, as `vectorized.whole` writes it, is larger."""
    if expr.is_Integer:
        return abs(int(expr))
    if expr in ranges:
        return max(map(abs, ranges[expr]))
    inner = [magnitude(argument, ranges) for argument in expr.args]
    if expr.is_Add:
        return sum(inner)
    if expr.is_Mul:
        return prod(max(size, 1) for size in inner)
    if expr.is_Pow:
        return int(max(inner[0], 1) ** int(expr.exp))
    return max(inner)
