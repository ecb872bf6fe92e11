"""The networks that one would build of a family, where nobody says what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import lcm
from typing import Any, NamedTuple

from ..spec.families import family_of
from ..spec.spec import Spec
from ..support.errors import SpecError
from ..symbolic.names import changes, numbers
from ..symbolic.region import Ranges, Refused, Request, region
from .space import Axis, Grid

_UNIT = 4
"""What every width is a multiple of."""
_SHARES = (1, 2, 4, 8, 16)
"""By what widths beside the stages' are divided."""
_MULTIPLIERS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
_IMAGES = 32
"""The least image size, and the step to the next."""
_USUAL_IMAGE = 224
_MOST = 3_000_000
"""Specs that formulas count in seconds."""
_FEW = 1_000
"""Specs that are analyzed one by one in seconds."""


class _Steps(NamedTuple):
    """How fine a space is."""

    octave: int
    """Widths from one width to before twice that width."""
    blocks: tuple[int, ...]
    each: bool
    """Whether each stage repeats a number of blocks of its own."""


_BLOCKS = (
    ((1, 2, 3, 4, 5, 6), True),
    ((1, 2, 4, 6), True),
    ((1, 3, 6), True),
    ((1, 2, 3, 4, 5, 6), False),
)
_LADDER = [_Steps(octave, *blocks) for octave, blocks in product((4, 2, 1), _BLOCKS)]


def default(spec: Spec, closed: frozenset[str] = frozenset(), families: int = 1) -> Sequence[Grid]:
    """The largest of some spaces of which `families` are searched in seconds.

    The keys `closed` are as the spec says. Widths of stages do not shrink from stage to stage, are
    multiples of 4, or of 4 times the groups where these are a number, and of the width of a group;
    the widest is twice as wide as the spec's. Stages repeat 1 to 6 blocks. Other widths of the
    family (`Family.scaled`) are those of the spec, or a half to a sixteenth of them. Where no
    formula leaves widths open, the family's multiplier is; a family with none of all these has
    images of several sizes.

    Raises:
        SpecError: nothing of this is open.
    """
    refused = _refused(spec)
    keys = _open(spec, "C" not in refused) - closed
    most = (_FEW if "r" in refused else _MOST) // families
    spaces = [_grids(spec, keys, steps) for steps in _LADDER]
    sized = {sum(grid.size for grid in grids): grids for grids in spaces}
    size = max((size for size in sized if size <= most), default=min(sized))
    if size == 1:
        raise SpecError(
            "nothing is open: the space is one network",
            key="channels",
            fix="more values of a number, such as --channels 12..48:12,48,96,192 or --repeats 1..6",
        )
    return sized[size]


def _refused(spec: Spec) -> frozenset[str]:
    """The letters of the numbers that no formula leaves open."""
    ranges: Ranges = tuple((name, 1, 4096) for name in numbers(spec) if name[0] in "Cr")
    result = region(Request(spec, ranges, ("params",)))
    return frozenset(n[0] for n in result.names) if isinstance(result, Refused) else frozenset()


def _open(spec: Spec, has_formulas: bool) -> frozenset[str]:
    """The keys that a family opens by default."""
    letters = {name[0] for name in numbers(spec)}
    keys = {"repeats"} if "r" in letters else set()
    if "C" in letters and not has_formulas and hasattr(spec, "width"):
        return frozenset({*keys, "width"})
    keys |= {"channels"} if "C" in letters else set()
    return frozenset({*keys, *family_of(spec).scaled}) or frozenset({"input"})


def _grids(spec: Spec, keys: frozenset[str], steps: _Steps) -> list[Grid]:
    return [_grid(s, list(_axes(s, keys, steps))) for s in _variants(spec, keys)]


def _grid(spec: Spec, axes: list[Axis]) -> Grid:
    """With a spec that has the first value of each axis."""
    first = {name: min(axis.values) for axis in axes for name in axis.names}
    return Grid(spec.replace(**changes(spec, first)), tuple(axes))


def _variants(spec: Spec, keys: frozenset[str]) -> Iterator[Spec]:
    """The spec with other values of what formulas cannot leave open."""
    if "width" in keys:
        yield from (spec.replace(width=value) for value in _MULTIPLIERS)
        return
    scaled = [key for key in family_of(spec).scaled if key in keys]
    variants = [{key: _divided(getattr(spec, key), share) for key in scaled} for share in _SHARES]
    for number, variant in enumerate(variants):
        if variant not in variants[:number]:
            yield spec.replace(**variant)


def _divided(widths: Any, share: int) -> Any:
    if isinstance(widths, tuple):
        return tuple(_divided(width, share) for width in widths)
    return widths if share == 1 else max(_UNIT, round(widths / share / _UNIT) * _UNIT)


def _axes(spec: Spec, keys: frozenset[str], steps: _Steps) -> Iterator[Axis]:
    names = list(numbers(spec))
    widths, blocks = (tuple(n for n in names if n[0] == letter) for letter in "Cr")
    if "channels" in keys:
        yield Axis(widths, _widths(spec, steps.octave), rising=True)
    if "repeats" in keys:
        parts = [(name,) for name in blocks] if steps.each else [blocks]
        yield from (Axis(part, steps.blocks) for part in parts)
    if "input" in keys:
        most = max(_USUAL_IMAGE, *spec.input[1:])
        yield Axis(("H", "W"), tuple(range(_IMAGES, most + 1, _IMAGES)))


def _widths(spec: Spec, octave: int) -> tuple[int, ...]:
    """From the stem's width, or the least, to twice the widest."""
    unit = lcm(_UNIT * _groups(spec), getattr(spec, "group_width", 1))
    least, most = _stem(spec), 2 * max(spec.channels)  # type: ignore[attr-defined]
    values = {unit * k for k in _multiples(octave, most // unit) if unit * k >= least}
    return tuple(sorted(values or {most}))


def _groups(spec: Spec) -> int:
    """Their number, where the spec says one."""
    groups = getattr(spec, "groups", None)
    return groups if isinstance(groups, int) else 1


def _stem(spec: Spec) -> int:
    """The width of the stem, where it is one of those beside the stages'."""
    stems = [getattr(spec, k) for k in family_of(spec).scaled if k.startswith("stem")]
    return max((max(s) if isinstance(s, tuple) else s for s in stems), default=0)


def _multiples(octave: int, most: int) -> Iterator[int]:
    """1, 2, 3, ... as long as there are no more than `octave` of them from one to its double."""
    start = 1
    while start <= most:
        for step in range(octave):
            if start * step % octave == 0 and start + start * step // octave <= most:
                yield start + start * step // octave
        start *= 2
