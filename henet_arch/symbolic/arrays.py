"""Whole numbers in numpy arrays: what formulas need to be evaluated for many specs at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any

from ..support.errors import LimitError, SpecError
from ..support.limits import LARGEST
from ..support.optional import need
from .names import whole_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Numbers = NDArray[Any]  # of int64, or of Python's
else:
    np = need("numpy", "budget")

_BLOCK = 16_384
"""Specs that are evaluated together: their arrays stay in the cache."""
_SAFE = 2**62
"""Steps up to this size are certain to fit in 64 bits."""
_LARGEST_COST = 2**63 - 1
_WIDEST = 2**24
"""The largest width in the table of divisors, of 4 bytes each."""

_table: Any = None


def larger(width: Numbers) -> Numbers:
    """m of each width."""
    return width // smaller(width)


def smaller(width: Numbers) -> Numbers:
    """n of each width: the nearest divisors with m > n, as the rule in `rules/grouping.py`.

    Widths below 2 have none, which a condition of the formula says: they get any number here.

    Raises:
        LimitError: a width is above the limit.
    """
    places = np.maximum(width, 0).astype(np.int64, copy=False)
    return _divisors(int(np.max(width)))[places].astype(width.dtype)


def _divisors(largest: int) -> NDArray[np.int32]:
    """n of all widths up to `largest`: a width's n is the last one that comes by."""
    global _table
    if largest > _WIDEST:
        raise LimitError(f"a width of {largest:,} is above the limit of {_WIDEST:,} for arrays")
    if _table is None or len(_table) <= largest:
        size = max(4096, 1 << largest.bit_length())
        table = np.ones(size, np.int32)
        divisor = 2
        while divisor * (divisor + 1) < size:
            table[divisor * (divisor + 1) :: divisor] = divisor
            divisor += 1
        _table = table
    return _table  # type: ignore[no-any-return]


def _quotient(top: Numbers, bottom: Numbers | int) -> Any:
    return top // _above_zero(bottom)


def _divided(top: Numbers, bottom: Numbers | int) -> Any:
    return top % _above_zero(bottom) == 0


def _above_zero(bottom: Numbers | int) -> Any:
    """A divisor; where it is not above 0, there is no network, as some condition says."""
    return bottom if isinstance(bottom, int) else np.maximum(bottom, 1)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "quotient": _quotient,
    "larger": larger,
    "smaller": smaller,
    "divided": _divided,
    "reached": lambda slack: slack >= 0,
    "different": lambda difference: difference != 0,
    "equal": lambda difference: difference == 0,
    "largest": lambda *sizes: reduce(np.maximum, sizes),
    "least": lambda *sizes: reduce(np.minimum, sizes),
}
"""What `symbolic/vectorized.py` calls, by name."""


@dataclass(frozen=True)
class Evaluator:
    """A formula for many specs at once, exact in every one of them."""

    names: tuple[str, ...]
    function: Callable[..., list[Any]]
    """From arrays in the order of `names`, the costs and whether each condition is met."""
    most: Callable[[Iterable[int]], int]
    """From the largest number of each array, what no step of `function` is larger than."""
    otherwise: Callable[..., int]
    """The cost of one spec by keywords, where `function` does not hold."""

    def __call__(self, values: Mapping[str, Any]) -> Whole:
        """The costs of all specs, in the shape to which the arrays are broadcast.

        Raises:
            SpecError: an array is not of whole numbers, or of another shape.
            LimitError: a cost does not fit in 64 bits, or a width in the table of divisors.
        """
        shape, columns = _columns({name: values[name] for name in self.names})
        costs = np.empty(prod(shape), np.int64)
        evaluate = self._checked
        if costs.size and self._certain(columns):
            evaluate = self._evaluated
            columns = [column.astype(np.int64, copy=False) for column in columns]
        for start in range(0, costs.size, _BLOCK):
            part = costs[start : start + _BLOCK]
            part[:] = evaluate([c[start : start + _BLOCK] for c in columns], part.size)
        return costs.reshape(shape)

    def _certain(self, columns: list[Numbers]) -> bool:
        """Whether a spec may have all of the numbers, and no step can overflow 64 bits."""
        largest = [int(column.max()) for column in columns]
        allowed = (
            all(column.min() >= 1 for column in columns) and max(largest, default=0) <= LARGEST
        )
        return allowed and self.most(largest) <= _SAFE

    def _checked(self, block: list[Numbers], count: int) -> Numbers:
        """In Python's numbers where 64 bits could be too few; elsewhere outside the domain."""
        inside = reduce(np.logical_and, map(_allowed, block), np.ones(count, np.bool_))
        costs = np.empty(count, np.int64)
        rows = [column[inside] for column in block]
        if inside.any():
            kind = np.int64 if self._certain(rows) else np.object_
            costs[inside] = self._evaluated([c.astype(kind) for c in rows], int(inside.sum()))
        for row in np.flatnonzero(~inside).tolist():
            costs[row] = self._elsewhere(block, row)
        return costs

    def _evaluated(self, block: list[Numbers], count: int) -> Numbers:
        """By the formula, and elsewhere where a condition is not met."""
        values, *met = self.function(*block)
        costs = np.empty(count, np.asarray(values).dtype)
        costs[:] = values
        holds = reduce(np.logical_and, met, np.ones(count, np.bool_))
        for row in np.flatnonzero(~holds).tolist():
            costs[row] = self._elsewhere(block, row)
        if costs.dtype == np.object_:
            for row in np.flatnonzero(costs > _LARGEST_COST).tolist():
                raise _too_large(costs[row], self._spec(block, row))
        return costs

    def _elsewhere(self, block: list[Numbers], row: int) -> int:
        spec = self._spec(block, row)
        cost = self.otherwise(**spec)
        if cost > _LARGEST_COST:
            raise _too_large(cost, spec)
        return cost

    def _spec(self, block: list[Numbers], row: int) -> dict[str, int]:
        return {name: int(c[row]) for name, c in zip(self.names, block, strict=True)}


def _allowed(column: Numbers) -> Any:
    """Whether a spec may have each of the numbers."""
    return (column >= 1) & (column <= LARGEST)


def _too_large(cost: int, spec: Mapping[str, int]) -> LimitError:
    numbers = ", ".join(f"{name}={number}" for name, number in spec.items())
    return LimitError(
        f"a cost of {cost:,} does not fit in 64 bits",
        where=numbers,
        why="arrays hold whole numbers up to 2**63 - 1",
        fix="substitute(...) with these numbers, which is exact",
    )


def _columns(values: Mapping[str, Any]) -> tuple[tuple[int, ...], list[Numbers]]:
    """The common shape of all arrays, and each of them flat."""
    given = [_array(name, value) for name, value in values.items()]
    try:
        spread = np.broadcast_arrays(*given) if given else []
    except ValueError:
        shapes = ", ".join(f"{n} {a.shape}" for n, a in zip(values, given, strict=True) if a.shape)
        raise SpecError(f"arrays of these shapes do not go together: {shapes}") from None
    return (spread[0].shape if spread else ()), [column.reshape(-1) for column in spread]


def _array(name: str, value: Any) -> Numbers:
    """Whole numbers as they came, or as Python's."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise SpecError(f"{name} is no array: its rows have different lengths", key=name) from None
    if array.dtype.kind == "i" or not array.size:
        return array.astype(np.int64, copy=False)
    if array.dtype.kind == "u":
        return array
    numbers = np.empty(array.size, np.object_)
    numbers[:] = [whole_number(name, each) for each in array.reshape(-1).tolist()]
    return numbers.reshape(array.shape)
