"""Intervals hold every value, and every step on the way to it."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from henet_arch.ir.open_divisors import m, n
from henet_arch.symbolic.interval import interval, magnitude
from henet_arch.symbolic.names import symbol
from henet_arch.symbolic.vectorized import whole

A, B = symbol("C1"), symbol("C2")
LEAVES = st.sampled_from((A, B, m(A), n(A), m(B), n(B), sympy.Integer(3), -A))


def _grown(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    pairs = st.tuples(parts, parts)
    return (
        pairs.map(lambda pair: pair[0] + pair[1])
        | pairs.map(lambda pair: pair[0] * pair[1])
        | pairs.map(lambda pair: sympy.Max(*pair, evaluate=False))
        | parts.map(lambda part: sympy.Min(part, 1))
        | parts.map(lambda part: sympy.floor(part / 2))
        | parts.map(lambda part: part**2)
    )


@given(
    st.recursive(LEAVES, _grown, max_leaves=5),
    st.tuples(st.integers(2, 60), st.integers(0, 40)),
    st.tuples(st.integers(2, 60), st.integers(0, 40)),
    st.data(),
)
def test_an_interval_holds_every_value(
    expr: Any, first: tuple[int, int], second: tuple[int, int], data: st.DataObject
) -> None:
    ranges = {A: (first[0], sum(first)), B: (second[0], sum(second))}
    values = {name: data.draw(st.integers(*limits)) for name, limits in ranges.items()}
    low, high = interval(expr, ranges)
    value = int(expr.subs(values))
    assert low <= value <= high
    assert abs(value) <= magnitude(whole(expr), ranges)


def test_a_division_by_what_could_be_0_has_no_interval() -> None:
    assert interval(1 / A, {A: (2, 4)}) == (sympy.Rational(1, 4), sympy.Rational(1, 2))
    with pytest.raises(ValueError, match="could be 0"):
        interval(1 / (A - B), {A: (1, 4), B: (2, 3)})
