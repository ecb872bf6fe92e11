"""What is known of a search before it begins: its size, its time, and bounds that nothing meets."""

from __future__ import annotations

import time

from ..errors import BudgetError, LimitError
from ..symbolic.region import Refused, Request, region
from .arrays import Whole, np
from .explore import BLOCK, figures_at
from .measures import MEASURES
from .question import Bound, Question

_LARGEST = 2**62
_BLOCKS = 8
"""Parts of the space that are timed."""
_FEW_SPECS = 8
"""Specs of such a part that are analyzed one by one."""
_TRIED = 1.0
"""Seconds."""


def seconds(question: Question) -> float:
    """How long one core takes for all specs, by some of them that lie all over the space."""
    return sum(_seconds_of(question, family) for family in range(len(question.space.specs)))


def _seconds_of(question: Question, family: int) -> float:
    """By blocks that lie all over the space, or by a few specs where no formula holds for all.

    Finding formulas counts once, and no more blocks are tried than a second has room for.
    """
    space = question.space
    found = region(Request(space.specs[family], space.ranges, question.measures))
    length = min(_FEW_SPECS if isinstance(found, Refused) else BLOCK, space.each)
    starts = np.unique(np.linspace(0, space.each - length, _BLOCKS).astype(np.int64)).tolist()
    began = time.perf_counter()
    finding, times = 0.0, []
    for start in starts:
        places = np.arange(start, start + length)
        first, again = (_timed(question, family, places) for _ in range(2))
        finding += max(first - again, 0.0)
        times.append(again)
        if time.perf_counter() - began > _TRIED:
            break
    return finding + sum(times) / (len(times) * length) * space.each


def _timed(question: Question, family: int, places: Whole) -> float:
    start = time.perf_counter()
    figures_at(question, question.measures, family, places)
    return time.perf_counter() - start


def told(seconds: float) -> str:
    """`about 12 s`, `about 3 min`, `about 2 h`."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"about {seconds / length:,.0f} {unit}"
    return f"about {seconds:.0f} s" if seconds >= 1 else "less than a second"


def refuse(question: Question, max_specs: int) -> None:
    """Refuse what is too large, or what the formulas show to have no answer.

    Raises:
        LimitError: the space has more than `max_specs` specs.
        BudgetError: no spec of the space can meet one of the bounds.
    """
    size = question.space.size
    if size > _LARGEST:
        raise LimitError(
            f"the space has {size:.1e} specs: more than a century on one core",
            why="they are numbered in 64 bits",
            fix=_SMALLER,
        )
    if size > max_specs:
        raise LimitError(
            f"the space has {size:,} specs: {told(seconds(question))} on one core",
            why=f"the limit is {max_specs:,} (max_specs)",
            fix=f"{_SMALLER}, or --max-specs {size} (max_specs={size} in Python)",
        )
    for bound in question.bounds:
        beyond = [_beyond(question, family, bound) for family in range(len(question.space.specs))]
        if all(beyond):
            raise BudgetError(
                f"no spec can have {bound}",
                where=f"a space of {size:,} specs",
                why="; ".join(dict.fromkeys(filter(None, beyond))),
                fix="another bound, or other values of what is open",
            )


_SMALLER = "fewer values of what is open, or larger steps"


def _beyond(question: Question, family: int, bound: Bound) -> str:
    """Why every spec of a family breaks the bound, where one formula for all of them shows it."""
    space = question.space
    found = region(Request(space.specs[family], space.ranges, question.measures))
    if isinstance(found, Refused) or found.assumed or not found.bounds:
        return ""
    low, high = found.bounds[bound.measure]
    name = space.specs[family].family
    write = MEASURES[bound.measure].text
    if bound.most is not None and low > bound.most:
        return f"every {name} of this space has {write(int(low))} or more"
    if bound.least is not None and high < bound.least:
        return f"every {name} of this space has {write(int(high))} or less"
    return ""
