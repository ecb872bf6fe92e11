"""A space of specs: some numbers open, each with the values that it may take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from ..errors import LimitError, SpecError
from ..limits import MAX_BLOCKS, MOST_VALUES
from ..sources import Source, find
from ..spec import Spec
from ..symbolic.names import changes, numbers
from ..symbolic.region import Ranges
from .arrays import Mask, Whole, np

Values = int | Sequence[int]
"""One number, or those that it may be."""


@dataclass(frozen=True)
class Axis:
    """Numbers of a spec that take a value together."""

    names: tuple[str, ...]
    """As formulas call them: C1, r2, H."""
    values: tuple[int, ...]

    @cached_property
    def array(self) -> Whole:
        return np.asarray(self.values, np.int64)


@dataclass(frozen=True)
class Space:
    """All specs that `specs` become with a value of each axis; the last axis changes first."""

    specs: tuple[Spec, ...]
    """One for each family; they say all that is not open."""
    axes: tuple[Axis, ...]

    @cached_property
    def each(self) -> int:
        """Specs of one family."""
        return prod(len(axis.values) for axis in self.axes)

    @property
    def size(self) -> int:
        return len(self.specs) * self.each

    @cached_property
    def open(self) -> tuple[Axis, ...]:
        """The axes with more than one value; the specs hold the others."""
        return tuple(axis for axis in self.axes if len(axis.values) > 1)

    @cached_property
    def ranges(self) -> Ranges:
        """The open numbers, each with its least and largest value."""
        return tuple(
            (name, min(axis.values), max(axis.values)) for axis in self.open for name in axis.names
        )

    def columns(self, places: Whole) -> dict[str, Whole]:
        """The open numbers of the specs at `places` within one family."""
        found: dict[str, Whole] = {}
        step = 1
        for axis in reversed(self.open):
            column = axis.array[places // step % len(axis.values)]
            found |= dict.fromkeys(axis.names, column)
            step *= len(axis.values)
        return found

    def spec(self, index: int) -> Spec:
        """The spec at `index` of all.

        Raises:
            SpecError: its numbers contradict each other.
        """
        family, place = divmod(index, self.each)
        columns = self.columns(np.asarray([place], np.int64))
        spec = self.specs[family]
        return spec.replace(**changes(spec, {name: int(v[0]) for name, v in columns.items()}))

    def by_family(self, indices: Whole) -> Iterator[tuple[int, Mask, Whole]]:
        """Each family's number among some specs, which of them are its own, and their places."""
        families = indices // self.each
        for family in np.unique(families).tolist():
            rows = families == family
            yield family, rows, indices[rows] - family * self.each

    def parts(self, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Each family's number in a run of all specs, with the run's places within it."""
        for family in range(start // self.each, -(-stop // self.each)):
            first = family * self.each
            yield family, max(start - first, 0), min(stop - first, self.each)


def space(
    network: Source = "henet-r3",
    *,
    channels: Sequence[Values] | None = None,
    repeats: Values | Sequence[Values] | None = None,
    input: Values | None = None,
    families: Sequence[str] = (),
) -> Space:
    """The specs like `network` with other widths, repeats, image sizes and families.

    Other families have their own values of all that is not open but the image and the classes.
    `channels` has the values of each width. `repeats` has those that all places take together or,
    as a list of lists, those of each place; `input` those of height and width together.

    Raises:
        SpecError: a value is not possible, a family has no such number, or nothing is open.
        LimitError: an axis or the network is beyond its limit.
    """
    axes = []
    if channels is not None:
        axes += [Axis((f"C{i}",), _values(v, "channels")) for i, v in enumerate(channels, 1)]
    first: dict[str, Any] = {}
    if axes:
        first["channels"] = tuple(axis.values[0] for axis in axes)
    if repeats is not None and _is_for_each(repeats):
        first["repeats"] = tuple(_values(v, "repeats")[0] for v in repeats)  # type: ignore[union-attr]
    bases = _families(find(network).replace(name=None), families)
    specs = [spec.replace(**first) for spec in bases]
    if repeats is not None:
        axes += _repeats(repeats, specs[0])
    if input is not None:
        axes.append(Axis(("H", "W"), _values(input, "input")))
    found = Space(tuple(_checked(spec, axes) for spec in specs), tuple(axes))
    if found.size == 1:
        raise SpecError(
            "nothing is open: the space is one network",
            key="channels",
            fix="more values of a number, such as --channels 12..48:12,48,96,192 or --repeats 1..6",
        )
    return found


def _families(spec: Spec, names: Sequence[str]) -> Iterator[Spec]:
    """The spec, or its image, classes and end with the other numbers of each family."""
    said = spec.model_dump(include=set(Spec.model_fields) - {"name", "family"})
    if len(set(names)) < len(names):
        raise SpecError("a family is there twice", key="family", fix="each family once")
    for name in names or [spec.family]:
        yield spec if name == spec.family else Spec(family=name, **said)


def _is_for_each(repeats: Values | Sequence[Values]) -> bool:
    return isinstance(repeats, Sequence) and any(isinstance(v, Sequence) for v in repeats)


def _repeats(repeats: Values | Sequence[Values], spec: Spec) -> list[Axis]:
    names = [name for name in numbers(spec) if name[0] == "r"]
    if not names:
        raise SpecError(f"family {spec.family} has no repeats", key="repeats")
    if _is_for_each(repeats):
        pairs = zip(names, repeats, strict=True)  # type: ignore[arg-type]
        return [Axis((name,), _values(values, "repeats")) for name, values in pairs]
    return [Axis(tuple(names), _values(repeats, "repeats"))]  # type: ignore[arg-type]


def _values(values: Values, key: str) -> tuple[int, ...]:
    if isinstance(values, Sequence) and len(values) > MOST_VALUES:
        raise LimitError(
            f"{key} has {len(values):,} values of one number",
            why=f"the limit is {MOST_VALUES:,}",
            fix="larger steps",
        )
    found = (values,) if isinstance(values, int) else tuple(values)
    if not found or len(set(found)) < len(found):
        raise SpecError(
            f"{key} has {'a value twice' if found else 'no value'}",
            key=key,
            fix="values that differ from one another",
        )
    return found


def _checked(spec: Spec, axes: Sequence[Axis]) -> Spec:
    """The spec with the first value of each axis, once all of them are known to be possible."""
    known = numbers(spec)
    for axis in axes:
        for name in axis.names:
            if name not in known:
                key = "repeats" if name[0] == "r" else "channels"
                raise SpecError(
                    f"family {spec.family} has no {name}: there are no more {key}", key=key
                )
    for pick in (min, max):
        picked = {name: pick(axis.values) for axis in axes for name in axis.names}
        spec.replace(**changes(spec, picked))
    most = sum(max(axis.values) * len(axis.names) for axis in axes if axis.names[0][0] == "r")
    if most > MAX_BLOCKS:
        raise LimitError(f"repeats add up to {most:,} blocks", why=f"the limit is {MAX_BLOCKS:,}")
    first = {name: axis.values[0] for axis in axes for name in axis.names}
    return spec.replace(**changes(spec, first))
