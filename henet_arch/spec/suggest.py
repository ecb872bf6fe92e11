"""What works instead, found by building it, when the numbers of a spec do not go together."""

from __future__ import annotations

from itertools import islice
from math import inf
from typing import TYPE_CHECKING

from ..support.errors import GroupingError, HenetArchError, RuleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .spec import Spec

    Reach = Callable[[Spec], float]
    """How many layers of a spec can be built; infinity for all of them."""

_FARTHEST = 48
_MOST_TRIALS = 1200
"""Divided by the number of widths, so that a message takes less than a second."""
_WIDEST = 10**7
"""Wider specs are not tried: finding the divisors takes too long for a message."""
_MOST_LAYERS = 40_000
"""Layers that are built for one message."""
_LAST_WORD = "other groups, or widths that they divide"
_OTHER_NUMBERS = "other numbers in that line"
_MOST_HALVINGS = 20


def advise(spec: Spec, error: HenetArchError, reach: Reach) -> str:
    """Which widths, or which input, work instead.

    Tried with at most two repeats of a block; blocks of one's own may depend on their number, and
    are tried as they are.
    """
    small = spec if spec.declared else _small(spec)
    if not isinstance(error, (RuleError, GroupingError)):
        return _inputs(small, reach)
    if hasattr(spec, "channels") and (found := _widths(small, reach)):
        return found
    if isinstance(error, GroupingError):
        return _LAST_WORD
    return _OTHER_NUMBERS if spec.declared else "other widths"


def _small(spec: Spec) -> Spec:
    repeats = tuple(min(repeats, 2) for repeats in spec.broadcast("repeats"))
    return spec.replace(repeats=repeats) if repeats else spec


def _inputs(spec: Spec, reach: Reach) -> str:
    """The smallest square input of 2**k, or 2**k - 1 where sizes are to be odd, that works."""
    channels = spec.input[0]
    odd = getattr(spec, "padding", "") == "odd-resolution"
    more = " (henet-arch plan shows more)" if odd else ""
    for halvings in range(1, _MOST_HALVINGS):
        size = 2**halvings - odd
        larger = spec.replace(input=(channels, size, size))
        if size > min(spec.input[1:]) and reach(larger) == inf:
            return f"a larger input: {size}x{size} works{more}"
    if spec.declared:
        return _OTHER_NUMBERS
    return "a larger input, smaller kernels, or strides of 1"


def _widths(spec: Spec, reach: Reach) -> str:
    """Changes of widths with which all, or at least more, can be built; "" if none is found.

    That more of a family can be built means that the same layers come further. Blocks of one's own
    may have other layers for other widths, so only all of them count.
    """
    if max(_channels(spec)) > _WIDEST:
        return "widths with small divisors"
    now = built = reach(spec)
    works: dict[int, list[int]] = {}
    better: dict[int, list[int]] = {}
    for place, changed in islice(_trials(spec), _MOST_TRIALS // len(_channels(spec))):
        layers = reach(changed)
        built += layers if layers < inf else 0
        if layers > now and (layers == inf or not spec.declared):
            widths = works if layers == inf else better
            widths.setdefault(place, []).append(_channels(changed)[place])
        if len(works.get(place, ())) == 2 or built > _MOST_LAYERS:
            break
    return _said(works, "works") or _rounded(spec, reach) or _said(better, "gets past this layer")


def _said(result: dict[int, list[int]], verdict: str) -> str:
    for place, widths in result.items():
        shown = " or ".join(map(str, sorted(widths[:2])))
        return f"channels[{place}] = {shown} {verdict}"
    return ""


def _rounded(spec: Spec, reach: Reach) -> str:
    """All widths together, rounded to multiples of one number."""
    groups = getattr(spec, "groups", None)
    step = groups if isinstance(groups, int) else 3
    for unit in (2, 4, step, 2 * step, 4 * step, 8 * step):
        widths = tuple(max(1, round(width / unit)) * unit for width in _channels(spec))
        if max(widths) <= _WIDEST and reach(spec.replace(channels=widths)) == inf:
            return f"channels = {','.join(map(str, widths))} work"
    return ""


def _trials(spec: Spec) -> Iterator[tuple[int, Spec]]:
    """`spec` with one width changed, by 1 first, with the place of that width."""
    for distance in range(1, _FARTHEST):
        for place, width in enumerate(_channels(spec)):
            for changed in (width - distance, width + distance):
                if changed > 0:
                    widths = list(_channels(spec))
                    widths[place] = changed
                    yield place, spec.replace(channels=widths)


def _channels(spec: Spec) -> tuple[int, ...]:
    widths: tuple[int, ...] = spec.channels  # type: ignore[attr-defined]
    return widths
