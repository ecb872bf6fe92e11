"""The two divisors of a number that are nearest to each other, m > n with m * n = the number."""

from __future__ import annotations

from functools import lru_cache
from math import isqrt

from ..support.errors import RuleError
from ..support.limits import LARGEST


@lru_cache(maxsize=4096)
def nearest(number: int) -> tuple[int, int]:
    """m and n of a number; exact, in at most sqrt(number) steps.

    Raises:
        RuleError: the number is below 2, so that no m > n exists, or beyond all use.
    """
    if number < 2:
        raise RuleError(f"width {number} has no divisors m > n with m * n = {number}")
    if number > LARGEST:
        raise RuleError(
            f"width {number:,} is above the limit of {LARGEST:,}",
            why="its divisors would take too long to find",
            fix="smaller widths",
        )
    n = next(n for n in range(isqrt(number - 1), 0, -1) if number % n == 0)
    return number // n, n
