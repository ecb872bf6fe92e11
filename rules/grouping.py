"""How many groups the two convolutions of a block have.

A rule takes the block's width and returns the groups of its first and its second convolution,
with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from ..ir.dims import Dim, require_at_least
from ..ir.divisors import nearest
from ..ir.graph import Decision
from ..support.errors import RuleError, look_up

_SOURCE = "HENet section 3.1, eq. 1"


class Grouping(NamedTuple):
    """Groups of the first (m) and the second convolution (n) of a block."""

    m: Dim
    n: Dim
    decision: Decision


def nearest_divisors(width: Dim) -> Grouping:
    """The two divisors of `width` nearest to each other with m * n = width and m > n.

    Exact for every width; takes at most sqrt(width) steps. Of a symbol they are m(C) and n(C).

    Raises:
        RuleError: `width` is below 2, so that no m > n exists, or beyond all use.
    Source: the HENet paper, section 3.1, equation 1.
    """
    if not require_at_least(width, 2):
        raise RuleError(
            f"width {width} has no divisors m > n with m * n = {width}",
            why=f"nearest-divisors needs a width of 2 or more ({_SOURCE})",
        )
    return _divided(width) if isinstance(width, int) else _open_width(width)


@lru_cache(maxsize=4096)
def _divided(width: int) -> Grouping:
    m, n = nearest(width)
    reason = (
        f"{width} = {m} x {n} are its nearest divisors with m > n: m = {m} groups, then n = {n}"
    )
    return Grouping(m, n, Decision("nearest-divisors", reason, _SOURCE))


def _open_width(width: Dim) -> Grouping:
    """The divisors of a width that is a symbol, as functions of it."""
    from ..ir.open_divisors import m, n

    reason = f"{width} = m x n are its nearest divisors with m > n"
    return Grouping(m(width), n(width), Decision("nearest-divisors", reason, _SOURCE))


def depthwise(width: int) -> Grouping:
    """As many groups as the block is wide, twice."""
    reason = f"one group for each of the {width} channels"
    return Grouping(width, width, Decision("depthwise", reason, "spec: groups"))


def dense(width: int) -> Grouping:
    """One group, twice."""
    reason = "one group: every output channel reads every input channel"
    return Grouping(1, 1, Decision("dense", reason, "spec: groups"))


def fixed(groups: int) -> Callable[[int], Grouping]:
    """The same number of groups for every width.

    Source: ShuffleNet (arXiv:1707.01083), section 3.2.
    """
    decision = Decision("fixed", f"{groups} groups at every width", "spec: groups")
    return lambda width: Grouping(groups, groups, decision)


RULES: dict[str, Callable[[int], Grouping]] = {
    "nearest-divisors": nearest_divisors,
    "depthwise": depthwise,
    "dense": dense,
}


def rule(choice: str | int) -> Callable[[int], Grouping]:
    """The rule of that name, or `fixed` for a number.

    Raises:
        UnknownNameError: no rule has that name.
    """
    if isinstance(choice, int):
        return fixed(choice)
    return look_up(choice, RULES, "grouping rule")
