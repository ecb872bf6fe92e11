"""Whole numbers in numpy arrays: what formulas need to be evaluated for many specs at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any

from .. import discovery
from ..errors import LimitError
from ..extras import need

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
else:
    np = need("numpy", "torch")

_BLOCK = 16_384
"""Specs that are evaluated together: their arrays stay in the cache."""
_LARGEST = 2**24
"""The largest width in the table of divisors, of 4 bytes each."""

_table: Any = None


def larger(width: Whole) -> Whole:
    """m of each width."""
    return width // smaller(width)


def smaller(width: Whole) -> Whole:
    """n of each width: the nearest divisors with m > n, as the rule in `rules/grouping.py`.

    Raises:
        RuleError: a width is below 2.
        LimitError: a width is above the limit.
    """
    return _divisors(int(np.max(width)))[_checked(width)].astype(np.int64)


def _smaller_of_any(width: Whole) -> Whole:
    return _divisors(int(np.max(width)))[np.maximum(width, 0)].astype(np.int64)


def blockwise(
    function: Callable[..., Any], names: tuple[str, ...], otherwise: Callable[..., int]
) -> Callable[..., Whole]:
    """`function` by keywords, on a block of specs after another.

    It gives the costs and whether each condition is met; `otherwise` is asked where one is not.
    """

    def evaluate(**values: Any) -> Whole:
        given = [np.asarray(values[name], dtype=np.int64) for name in names]
        columns = np.broadcast_arrays(*given) if given else []
        shape = columns[0].shape if given else ()
        flat = [column.reshape(-1) for column in columns]
        found = np.empty(int(np.prod(shape)), np.int64)
        for start in range(0, found.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            costs, *met = function(*(column[block] for column in flat))
            found[block] = costs
            for index in np.flatnonzero(~np.logical_and.reduce(met)) if met else ():
                place = start + int(index)
                found[place] = otherwise(**_row(names, flat, place))
        return found.reshape(shape)

    return evaluate


def _row(names: tuple[str, ...], columns: list[Whole], place: int) -> dict[str, int]:
    return {name: int(column[place]) for name, column in zip(names, columns, strict=True)}


def _checked(width: Whole) -> Whole:
    smallest = int(np.min(width))
    if smallest < 2:
        discovery.load("rules", "grouping").nearest_divisors(smallest)
    return width


def _divisors(largest: int) -> NDArray[np.int32]:
    """n of all widths up to `largest`: a width's n is the last one that comes by."""
    global _table
    if largest > _LARGEST:
        raise LimitError(f"a width of {largest:,} is above the limit of {_LARGEST:,} for arrays")
    if _table is None or len(_table) <= largest:
        size = max(4096, 1 << largest.bit_length())
        table = np.ones(size, np.int32)
        divisor = 2
        while divisor * (divisor + 1) < size:
            table[divisor * (divisor + 1) :: divisor] = divisor
            divisor += 1
        _table = table
    return _table  # type: ignore[no-any-return]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "quotient": np.floor_divide,
    "larger": larger,
    "smaller": smaller,
    "divided": lambda top, bottom: top % bottom == 0,
    "reached": lambda slack: slack >= 0,
    "different": lambda difference: difference != 0,
    "largest": lambda *sizes: reduce(np.maximum, sizes),
    "least": lambda *sizes: reduce(np.minimum, sizes),
}
"""What `symbolic/vectorized.py` calls, by name."""

UNCHECKED = FUNCTIONS | {
    "smaller": _smaller_of_any,
    "larger": lambda width: width // _smaller_of_any(width),
}
"""The same where widths that have no divisors are told apart by a condition."""
