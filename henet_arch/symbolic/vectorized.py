"""Formulas as functions of numpy arrays, in whole numbers throughout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from sympy import Expr, Function, Integer, Max, Min, Mul, floor, lambdify, lcm, sympify

from ..ir.dims import Condition
from ..ir.open_divisors import m, n
from .interval import magnitude
from .names import need_all, symbol

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

_QUOTIENT, _LARGER, _SMALLER = map(Function, ("quotient", "larger", "smaller"))
_LARGEST, _LEAST = map(Function, ("largest", "least"))
_DIVIDED = Function("divided")
"""Names of functions in `symbolic/arrays.py`."""
_RELATIONS = {
    "at-most": Function("reached"),
    "differs": Function("different"),
    "equals": Function("equal"),
}
"""The same, of what is between two sizes, by relation."""


def vectorized(
    expr: Expr,
    names: tuple[str, ...],
    conditions: Iterable[Condition],
    otherwise: Callable[..., int],
) -> Callable[..., NDArray[int64]]:
    """`expr` as a function of arrays by `names`, exactly.

    Where the numbers do not meet the conditions, `otherwise` is asked.

    Raises:
        ExtraError: numpy is not installed.
    """
    from . import arrays

    exprs = [whole(expr), *map(met, conditions)]
    function = compiled(exprs, names, arrays.FUNCTIONS)

    def most(largest: Iterable[int]) -> int:
        ranges = {symbol(name): (1, number) for name, number in zip(names, largest, strict=True)}
        return max(magnitude(each, ranges) for each in exprs)

    evaluator = arrays.Evaluator(names, function, most, otherwise)

    def evaluate(**values: Any) -> NDArray[int64]:
        need_all(names, values)
        costs: NDArray[int64] = evaluator(values)
        return costs

    return evaluate


def compiled(
    exprs: Iterable[Expr], names: Iterable[str], functions: Mapping[str, Callable[..., Any]]
) -> Callable[..., list[Any]]:
    """What `whole` and `met` give, as one function of arrays in the order of `names`."""
    arguments = [symbol(name) for name in names]
    instance: Callable[..., list[Any]] = lambdify(
        arguments, list(exprs), [functions, "numpy"], cse=True
    )
    return instance


def whole(expr: Expr) -> Expr:
    """`expr`, of which every value is a whole number, with quotients that are rounded down."""
    return _quotient(*_fraction(expr))


def met(condition: Condition) -> Expr:
    """Whether it is."""
    if condition.relation == "divides":
        return _DIVIDED(*_fraction(sympify(condition.second) / condition.first))
    top, _ = _fraction(sympify(condition.second) - condition.first)
    return _RELATIONS[condition.relation](top)


def _fraction(expr: Expr) -> tuple[Expr, Expr]:
    """Numerator and denominator, with no fraction inside either."""
    if isinstance(expr, (floor, m, n)):
        function = {m: _LARGER, n: _SMALLER}.get(expr.func)
        inside = _quotient(*_fraction(expr.args[0]))
        return (function(inside) if function else inside), Integer(1)
    if isinstance(expr, (Max, Min)):
        function = _LARGEST if isinstance(expr, Max) else _LEAST
        return function(*map(whole, expr.args)), Integer(1)
    if expr.is_Rational:
        return Integer(expr.p), Integer(expr.q)
    if expr.is_Mul:
        tops, bottoms = zip(*map(_fraction, expr.args), strict=True)
        return Mul(*tops), Mul(*bottoms)
    if expr.is_Pow:
        top, bottom = _fraction(expr.base)
        power = abs(expr.exp)
        return (top**power, bottom**power) if expr.exp > 0 else (bottom**power, top**power)
    if expr.is_Add:
        tops, bottoms = zip(*map(_fraction, expr.args), strict=True)
        common = reduce(lcm, bottoms)
        parts = zip(tops, bottoms, strict=True)
        return sum((top * (common / bottom) for top, bottom in parts), Integer(0)), common
    return expr, Integer(1)


def _quotient(top: Expr, bottom: Expr) -> Expr:
    return top if bottom == 1 else _QUOTIENT(top, bottom)
