"""Random spaces for Hypothesis, and their specs one by one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.search.choices import space
from henet_arch.search.measures import MEASURES
from henet_arch.search.space import Axis, Grid, Space
from henet_arch.support.errors import RuleError, ShapeError, SpecError
from henet_arch.symbolic.names import changes, numbers


def brute_force(found: Space, index: int) -> dict[str, int] | None:
    """The figures of a spec by analysis, or nothing where it is no network."""
    try:
        report = ha.analyze(found.spec(index))
    except (RuleError, ShapeError, SpecError):
        return None
    return {name: int(measure.of(report)) for name, measure in MEASURES.items()}


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """A few values of some numbers of a small network, and of what no formula leaves open."""
    spec = draw(specs() | networks())
    widths = list(getattr(spec, "channels", ()))
    places = spec.broadcast("repeats")
    said: dict[str, Any] = {}
    if len(widths) > 0 and draw(st.booleans()):
        said["channels"] = [_values(draw, width, 1, 40) for width in widths]
    if len(places) > 0 and draw(st.booleans()):
        each = [_values(draw, count, 0, 4) for count in places]
        said["repeats"] = each if draw(st.booleans()) else each[0]
    if hasattr(spec, "padding") and draw(st.booleans()):
        said["padding"] = [spec.padding, *sorted({"same", "valid"} - {spec.padding})]
    if draw(st.booleans()):
        said["classes"] = _values(draw, spec.classes, 1, 20)
    size = spec.input[1]
    said["input"] = sorted({size, size + 1, draw(st.integers(1, size + 40))})
    found = space(spec, keys=said)
    return _with_rising_widths(draw, found) if widths and "channels" not in said else found


def _with_rising_widths(draw: st.DrawFn, found: Space) -> Space:
    """The same with some widths that do not shrink, where the family does well with these."""
    if not draw(st.booleans()):
        return found
    values = draw(st.lists(st.sampled_from((4, 6, 8, 12, 24)), min_size=1, max_size=3, unique=True))
    names = tuple(name for name in numbers(found.grids[0].spec) if name[0] == "C")
    axis = Axis(names, tuple(values), rising=True)
    first = dict.fromkeys(names, min(values))
    return Space(
        tuple(Grid(g.spec.replace(**changes(g.spec, first)), (axis, *g.axes)) for g in found.grids)
    )


def _values(draw: st.DrawFn, known: int, low: int, high: int) -> list[int]:
    more = draw(st.lists(st.integers(low, high), max_size=2))
    return list(dict.fromkeys([known, *more]))
