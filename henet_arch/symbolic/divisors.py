"""What formulas become when the nearest divisors in them are simplified."""

from __future__ import annotations

from sympy import Expr, Integer

from ..ir.open_divisors import Divisor, m, n


def cancelled(expr: Expr) -> Expr:
    """`expr` without m or n in a denominator: 1 / m(C) is n(C) / C."""
    swapped = {}
    for divisor in expr.atoms(Divisor):
        other = n if divisor.func is m else m
        swapped[1 / divisor] = other(*divisor.args) / divisor.args[0]
    return expr.xreplace(swapped)


def rooted(expr: Expr) -> Expr:
    """`expr` with both divisors at the square root of their product, where they would meet."""
    return expr.xreplace(
        {divisor: divisor.args[0] ** (Integer(1) / 2) for divisor in expr.atoms(Divisor)}
    )
