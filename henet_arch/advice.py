"""What works instead, found by building it, when the numbers of a spec do not go together."""

from __future__ import annotations

from itertools import islice
from math import inf
from typing import TYPE_CHECKING

from .errors import GroupingError, HenetArchError, RuleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .spec import Spec

    Reach = Callable[[Spec], float]
    """How many layers of a spec can be built; infinity for all of them."""

_FARTHEST = 48
_MOST_TRIALS = 400
_WIDEST = 10**7
"""Wider specs are not tried: finding the divisors takes too long for a message."""
_MOST_HALVINGS = 20


def advise(spec: Spec, error: HenetArchError, reach: Reach) -> str:
    """Which widths, or which input, work instead. Tried with at most two repeats of a block."""
    repeats = tuple(min(repeats, 2) for repeats in spec.spread("repeats"))
    small = spec.replace(repeats=repeats)
    if isinstance(error, (RuleError, GroupingError)):
        return _widths(small, reach)
    return _inputs(small, reach)


def _inputs(spec: Spec, reach: Reach) -> str:
    """The smallest square input of the form 2**k - 1 that is large enough."""
    channels = spec.input[0]
    for halvings in range(1, _MOST_HALVINGS):
        size = 2**halvings - 1
        larger = spec.replace(input=(channels, size, size))
        if size > min(spec.input[1:]) and reach(larger) == inf:
            return f"a larger input: {size}x{size} works (henet-arch plan shows more)"
    return "a larger input, smaller kernels, or strides of 1"


def _widths(spec: Spec, reach: Reach) -> str:
    """The nearest changes of one width with which all, or at least more, can be built."""
    if max(spec.channels) > _WIDEST:
        return "widths with small divisors"
    now = reach(spec)
    works: dict[int, list[int]] = {}
    better: dict[int, list[int]] = {}
    for place, changed in islice(_trials(spec), _MOST_TRIALS):
        layers = reach(changed)
        if layers > now:
            found = works if layers == inf else better
            found.setdefault(place, []).append(changed.channels[place])
        if len(works.get(place, ())) == 2:
            break
    for found, verdict in ((works, "works"), (better, "gets past this layer")):
        for place, widths in found.items():
            shown = " or ".join(map(str, sorted(widths[:2])))
            return f"channels[{place}] = {shown} {verdict}"
    return "widths with common divisors, such as multiples of 24"


def _trials(spec: Spec) -> Iterator[tuple[int, Spec]]:
    """`spec` with one width changed, by 1 first, with the place of that width."""
    for distance in range(1, _FARTHEST):
        for place, width in enumerate(spec.channels):
            for changed in (width - distance, width + distance):
                if changed > 0:
                    widths = (*spec.channels[:place], changed, *spec.channels[place + 1 :])
                    yield place, spec.replace(channels=widths)
