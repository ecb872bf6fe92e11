"""The grouping rules against the definition, tried on every divisor."""

from __future__ import annotations

import pytest
import sympy
from henet_arch.rules.grouping import dense, depthwise, nearest_divisors, rule
from hypothesis import given
from hypothesis import strategies as st

from henet_arch.support.errors import RuleError, UnknownNameError


@pytest.mark.parametrize(
    ("width", "pair"),
    [
        (24, (6, 4)),
        (48, (8, 6)),
        (96, (12, 8)),
        (192, (16, 12)),
        (16, (8, 2)),
        (13, (13, 1)),
        (2, (2, 1)),
    ],
)
def test_pairs_of_the_paper(width: int, pair: tuple[int, int]) -> None:
    m, n, why = nearest_divisors(width)
    assert (m, n) == pair
    assert why.source == "HENet section 3.1, eq. 1"


@given(st.integers(2, 10**5))
def test_no_pair_is_nearer(width: int) -> None:
    m, n, _ = nearest_divisors(width)
    pairs = [(width // d, d) for d in sympy.divisors(width) if width // d > d]
    assert (m, n) == min(pairs, key=lambda pair: pair[0] - pair[1])


@pytest.mark.parametrize("width", [10**12, 999_999_999_989, 999_983**2, 2**39])
def test_large_widths_are_exact(width: int) -> None:
    m, n, _ = nearest_divisors(width)
    assert m * n == width
    assert m > n
    assert not any(n < d and d * d < width for d in sympy.divisors(width))


@pytest.mark.parametrize("width", [1, 0, -4])
def test_widths_without_a_pair(width: int) -> None:
    with pytest.raises(RuleError, match=f"width {width} has no divisors m > n"):
        nearest_divisors(width)


def test_other_rules() -> None:
    assert depthwise(24)[:2] == (24, 24)
    assert dense(24)[:2] == (1, 1)
    assert rule(3)(24)[:2] == (3, 3)
    assert rule("nearest-divisors")(24)[:2] == (6, 4)
    with pytest.raises(UnknownNameError, match="unknown grouping rule 'densest'"):
        rule("densest")
