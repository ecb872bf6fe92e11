"""What is known of a search before it begins: its size, its time, and bounds that nothing meets."""

from __future__ import annotations

import time

from ..support.errors import BudgetError, LimitError
from ..symbolic.region import Refused, Request, region
from .arrays import Whole, np
from .explore import BLOCK, figures_at
from .measures import MEASURES
from .query import Bound, Query
from .space import Grid

_LARGEST = 2**62
_BLOCKS = 8
"""Parts of the space that are timed."""
_FEW_SPECS = 8
"""Specs of such a part that are analyzed one by one."""
_TRIED = 1.0
"""Seconds."""
_GRIDS = 4
"""Grids of which the time is found."""
_SOON = 20_000_000
"""Specs that are gone through in seconds, after which what is nearest to the bounds can be told."""


def seconds(query: Query) -> float:
    """How long one core takes for all specs, by some of them that lie all over the space."""
    grids = query.space.grids
    some = np.unique(np.linspace(0, len(grids) - 1, _GRIDS).astype(np.int64)).tolist()
    finding, counting = zip(*(_seconds_of(query, number) for number in some), strict=True)
    rate = sum(counting) / sum(grids[number].size for number in some)
    return float(sum(finding) / len(some) * len(grids) + rate * query.space.size)


def _seconds_of(query: Query, number: int) -> tuple[float, float]:
    """How long the formulas of a grid take to find, and then all of its specs.

    By blocks that lie all over it, or by a few specs where no formula holds for all; no more blocks
    are tried than a second has room for.
    """
    grid = query.space.grids[number]
    result = region(Request(grid.spec, grid.ranges, query.measures))
    length = min(_FEW_SPECS if isinstance(result, Refused) else BLOCK, grid.size)
    starts = np.unique(np.linspace(0, grid.size - length, _BLOCKS).astype(np.int64)).tolist()
    began = time.perf_counter()
    finding, times = 0.0, []
    for start in starts:
        places = np.arange(start, start + length)
        first, again = (_timed(query, number, places) for _ in range(2))
        finding += max(first - again, 0.0)
        times.append(again)
        if time.perf_counter() - began > _TRIED:
            break
    return finding, sum(times) / (len(times) * length) * grid.size


def _timed(query: Query, grid: int, places: Whole) -> float:
    start = time.perf_counter()
    figures_at(query, query.measures, grid, places)
    return time.perf_counter() - start


def told(seconds: float) -> str:
    """`about 12 s`, `about 3 min`, `about 2 h`."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"about {seconds / length:,.0f} {unit}"
    return f"about {seconds:.0f} s" if seconds >= 1 else "less than a second"


def refuse(query: Query, max_specs: int) -> None:
    """Refuse what is too large, or what takes long though the formulas show that it has no answer.

    Raises:
        LimitError: the space has more than `max_specs` specs.
        BudgetError: no spec of the space, which is large, can meet one of the bounds.
    """
    size = query.space.size
    if size > _LARGEST:
        raise LimitError(
            f"the space has {size:.1e} specs: more than a century on one core",
            why="they are numbered in 64 bits",
            fix=_SMALLER,
        )
    if size > max_specs:
        raise LimitError(
            f"the space has {size:,} specs: {told(seconds(query))} on one core",
            why=f"the limit is {max_specs:,} (max_specs)",
            fix=f"{_SMALLER}, or --max-specs {size} (max_specs={size} in Python)",
        )
    for bound in query.bounds if size > _SOON else ():
        if reasons := _beyond_all(query, bound):
            raise BudgetError(
                f"no spec can have {bound}",
                where=f"a space of {size:,} specs",
                why="; ".join(dict.fromkeys(reasons)),
                fix="another bound, or other values of what is open",
            )


_SMALLER = "fewer values of what is open, or larger steps"


def _beyond_all(query: Query, bound: Bound) -> list[str]:
    """Why the specs of every grid break the bound; empty where they may not."""
    reasons: list[str] = []
    for grid in query.space.grids:
        if not (reason := _beyond(query, grid, bound)):
            return []
        reasons.append(reason)
    return reasons


def _beyond(query: Query, grid: Grid, bound: Bound) -> str:
    """Why every spec of a grid breaks the bound, where one formula for all of them shows it."""
    area = region(Request(grid.spec, grid.ranges, query.measures))
    if isinstance(area, Refused) or area.assumed or not area.bounds:
        return ""
    low, high = area.bounds[bound.measure]
    name = grid.spec.family
    write = MEASURES[bound.measure].text
    if bound.most is not None and low > bound.most:
        return f"every {name} of this space has {write(int(low))} or more"
    if bound.least is not None and high < bound.least:
        return f"every {name} of this space has {write(int(high))} or less"
    return ""
