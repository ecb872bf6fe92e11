"""Specs and spaces of them in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from ..ir.dims import format_shape
from ..results.table import Column, Row, Table
from ..spec.spec import Spec
from ..symbolic.names import GROUPS
from .measures import MEASURES
from .space import Axis, Grid, Space

USUAL = ("family", "channels", "repeats", "input")
"""Keys that say most of a network."""


def value(spec: Spec, key: str) -> str:
    """What a spec says of a key, as text; empty where its family has no such key."""
    if key == "input":
        return format_shape(spec.input)
    if key in spec.stage_keys():
        return ",".join(map(str, spec.broadcast(key)))
    return _text(getattr(spec, key, ""))


def heading(key: str) -> str:
    """The column of a key; a multiplier called width is not the width that is measured."""
    return f"spec_{key}" if key in MEASURES else key


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def searched(space: Space) -> Table:
    """Which networks a space has."""
    rows = [
        Row(("" if number else family, *row))
        for family in space.families
        for number, row in enumerate(_family(space, family))
    ]
    columns = (Column("family"), Column("key"), Column("values", prose=True))
    return Table(f"searched, as nothing is open: {space.size:,} specs", columns, rows)


def _family(space: Space, family: str) -> Iterator[tuple[str, str]]:
    """Each key of a family that is open, or says how large its task is, with its values."""
    grids = [grid for grid in space.grids if grid.spec.family == family]
    for key in ("input", "classes"):
        if key not in space.keys:
            yield key, value(grids[0].spec, key)
    for key in space.chosen(family):
        yield key, "/".join(dict.fromkeys(value(grid.spec, key) for grid in grids))
    axes = [(GROUPS[axis.names[0][0]], axis) for axis in grids[0].axes]
    for key, pairs in groupby(axes, lambda pair: pair[0]):
        yield key, _axes([axis for _, axis in pairs], grids)


def _axes(axes: Sequence[Axis], grids: Sequence[Grid]) -> str:
    """The values of the numbers of one key."""
    names = [name for axis in axes for name in axis.names]
    same = [axis for grid in grids for axis in grid.axes if axis.names[0] == names[0]]
    values = ranges(sorted({v for axis in same for v in axis.values}))
    if names[0] == "H":
        return f"height and width together: {values}"
    stages = f"{len(names)} stage{'s' * (len(names) > 1)}"
    if axes[0].rising:
        stem = "the stem or " if len({axis.values for axis in same}) > 1 else ""
        return f"{stages}, none narrower than {stem}the one before it: {values}"
    return f"{values}, {'in each of' if len(axes[0].names) == 1 else 'the same in all'} {stages}"


def ranges(values: Sequence[int]) -> str:
    """Rising numbers as the options take them: `4..32:4/40..64:8/80`."""
    parts: list[list[int]] = []
    for number in values:
        if parts and (len(parts[-1]) < 2 or number - parts[-1][-1] == parts[-1][1] - parts[-1][0]):
            parts[-1].append(number)
        else:
            parts.append([number])
    return "/".join(map(_range, parts))


def _range(part: Sequence[int]) -> str:
    if len(part) < 3:
        return "/".join(map(str, part))
    step = part[1] - part[0]
    return f"{part[0]}..{part[-1]}" + (f":{step}" if step > 1 else "")


def words(spec: Spec, keys: Iterable[str]) -> str:
    """`channels 24,48 repeats 3,3`: what a spec says of some keys."""
    return ", ".join(f"{key} {text}" for key in keys if (text := value(spec, key)))
