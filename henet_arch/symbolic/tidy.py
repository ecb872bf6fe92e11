"""Exact simplification: each step holds for all numbers that the network can have."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Add, Expr, Integer, Mul, expand, factor_terms, floor, sympify

from ..ir.dims import Condition
from .divisors import cancelled


class Tidy:
    """Rewrites expressions by what is known of the network's sizes."""

    def __init__(self, taken: Iterable[Condition]) -> None:
        self._whole: list[Expr] = []
        """Fractions that are whole numbers, since a rule or a layer refuses anything else."""
        self._seen: dict[Expr, Expr] = {}
        learnt = map(self._learn, taken)
        kept: dict[Condition, None] = {}
        for condition in filter(None, learnt):
            if condition._replace(required=True) not in kept:
                kept[condition] = None
        self.conditions: tuple[Condition, ...] = tuple(kept)

    def _learn(self, condition: Condition) -> Condition | None:
        """The condition in simple terms; None where it holds by itself."""
        first, second = self(condition.first), self(condition.second)
        if condition.relation == "divides":
            whole = expand(cancelled(second / first))
            if whole.is_integer:
                return None
            self._whole.append(whole)
            self._seen.clear()
        if condition.relation == "equals" and expand(first - second) == 0:
            return None
        return condition._replace(first=first, second=second)

    def __call__(self, expr: Expr | int) -> Expr:
        """`expr` without floors that change nothing, and without divisions by m or n."""
        given = sympify(expr)
        if given not in self._seen:
            self._seen[given] = self._rewritten(given)
        return self._seen[given]

    def factored(self, expr: Expr | int) -> Expr:
        """The same, expanded and then with what all terms share in front."""
        return factor_terms(expand(self(expr)))

    def _rewritten(self, expr: Expr) -> Expr:
        if not expr.args:
            return expr
        result = expr.func(*map(self, expr.args))
        if isinstance(result, floor):
            return self._floor(result.args[0])
        return cancelled(result)

    def _floor(self, inside: Expr) -> Expr:
        inside = expand(cancelled(inside))
        if any((inside - whole).is_integer for whole in self._whole):
            return inside
        return merged(inside)


def merged(inside: Expr) -> Expr:
    """`floor(inside)`, where floor((floor(x) + c) / d) is floor((x + c) / d) for whole c, d > 0."""
    for term in Add.make_args(inside):
        share, inner = term.as_coeff_Mul()
        rest = inside - term
        if isinstance(inner, floor) and share.p == 1 and (rest * share.q).is_Integer:
            return merged(expand(share * inner.args[0] + rest))
    return floor(inside)


def odd_chain(expr: Expr, sizes: Iterable[Expr]) -> tuple[Expr, Integer]:
    """`expr` without floors of the sizes, for sizes of which size + 1 has a large power of 2.

    floor((H + c) / 2**i) is (H + 1) / 2**i + floor((c - 1) / 2**i) then. The second value is the
    power of 2 that must divide each size + 1.
    """
    sizes_seen = set(sizes)
    power = Integer(1)
    swapped = {}
    for result in expr.atoms(floor):
        for size in sizes_seen & result.free_symbols:
            inside = expand(result.args[0])
            share = inside.coeff(size)
            rest = inside - share * size
            if share.p == 1 and not share.q & (share.q - 1) and rest.is_number:
                swapped[result] = _link(size, share, floor(rest - share))
                power = max(power, Integer(share.q))
    return expr.xreplace(swapped), power


def _link(size: Expr, share: Expr, offset: Expr) -> Expr:
    """`(H + 1)/4 - 1` as it is written, for a share of 1/4."""
    return Add(Mul(share, size + 1, evaluate=False), offset, evaluate=False)
