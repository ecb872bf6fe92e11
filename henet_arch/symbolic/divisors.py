"""The nearest divisors of a width that is a symbol: m(C) and n(C), with m(C) * n(C) = C."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Function, Integer
from sympy.core.function import FunctionClass

from ..support import plugins as discovery


class _Divisor(Function):  # type: ignore[misc]
    """One of the two divisors; a number as soon as its width is one."""

    is_integer = True
    is_positive = True

    @classmethod
    def eval(cls, width: Expr) -> Expr | None:
        if not width.is_Integer:
            return None
        found = discovery.load("rules", "grouping").nearest_divisors(int(width))
        return Integer(getattr(found, cls.__name__))


_PLACE = {"__module__": __name__}
m: Any = FunctionClass("m", (_Divisor,), dict(_PLACE))
"""The larger divisor: groups of a block's first convolution."""
n: Any = FunctionClass("n", (_Divisor,), dict(_PLACE))
"""The smaller divisor: groups of its second convolution."""


def cancelled(expr: Expr) -> Expr:
    """`expr` without m or n in a denominator: 1 / m(C) is n(C) / C."""
    swapped = {}
    for found in expr.atoms(_Divisor):
        other = n if found.func is m else m
        swapped[1 / found] = other(*found.args) / found.args[0]
    return expr.xreplace(swapped)


def rooted(expr: Expr) -> Expr:
    """`expr` with both divisors at the square root of their product, where they would meet."""
    return expr.xreplace(
        {found: found.args[0] ** (Integer(1) / 2) for found in expr.atoms(_Divisor)}
    )
