"""Which widths work, told when those of a spec do not."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .spec import Spec

_FARTHEST = 48
_MOST_TRIALS = 400
_WIDEST = 10**7
"""Wider specs are not tried: finding the divisors takes too long for a message."""


def advise(spec: Spec) -> str:
    """The nearest changes of one width with which more of the network can be built than now.

    Found by building, with at most two repeats of each block.
    """
    if max(spec.channels) > _WIDEST:
        return "widths with small divisors"
    spec = spec.replace(repeats=tuple(min(repeats, 2) for repeats in spec.spread("repeats")))
    now = _reach(spec)
    better: dict[int, list[int]] = {}
    works = True
    for place, changed in islice(_trials(spec), _MOST_TRIALS):
        if len(better) == 1 and place not in better:
            continue
        reach = _reach(changed)
        if reach > now:
            works = works and reach == float("inf")
            better.setdefault(place, []).append(changed.channels[place])
        if len(better.get(place, ())) == 2:
            break
    for place, widths in better.items():
        shown = " or ".join(map(str, sorted(widths)))
        return f"channels[{place}] = {shown} {'works' if works else 'gets past this layer'}"
    return "widths with common divisors, such as multiples of 24"


def _trials(spec: Spec) -> Iterator[tuple[int, Spec]]:
    """`spec` with one width changed, by 1 first, with the place of that width."""
    for distance in range(1, _FARTHEST):
        for place, width in enumerate(spec.channels):
            for changed in (width - distance, width + distance):
                if changed > 0:
                    widths = (*spec.channels[:place], changed, *spec.channels[place + 1 :])
                    yield place, spec.replace(channels=widths)


def _reach(spec: Spec) -> float:
    """How many layers can be built; infinity for all of them."""
    from .engine import attempt

    net, error = attempt(spec)
    return len(net.graph) if error else float("inf")
