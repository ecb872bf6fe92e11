"""What a search leaves open, key by key, as a space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from ..importers.load import Source, resolve_spec
from ..spec.spec import Spec
from ..support.errors import LimitError, SpecError, nearest
from ..support.limits import MAX_BLOCKS, MOST_VALUES
from ..symbolic.names import changes, numbers
from .default_space import default
from .space import Axis, Grid, Space
from .stages import fitted

Value = int | float | str
"""A number, a truth or a name."""
Open = Value | Sequence[Value] | Sequence[Value | Sequence[Value]]
"""What a key may be: one value, values of all its places together, or of each place."""

_NUMBERS = {"channels": "C", "repeats": "r", "input": "HW", "classes": "K"}
"""The keys whose numbers formulas leave open, and the letters of the numbers' names."""
_CLOSED = {"family", "name"}
"""The keys that no search opens: families have an option of their own."""
_MOST_GRIDS = 10_000


@dataclass(frozen=True)
class _Choice:
    """What one key may be."""

    parts: tuple[tuple[Value, ...], ...]
    """The values of each place, or only those that all places take together."""
    together: bool

    @property
    def count(self) -> int:
        return prod(map(len, self.parts))

    @property
    def first(self) -> list[Value]:
        return [part[0] for part in self.parts]


def space(
    network: Source | None = None,
    *,
    channels: Sequence[int | Sequence[int]] | None = None,
    repeats: int | Sequence[int | Sequence[int]] | None = None,
    input: int | Sequence[int | Sequence[int]] | None = None,
    families: Sequence[str] = (),
    keys: Mapping[str, Open] | None = None,
) -> Space:
    """The specs like `network` with other values of some keys, in some families.

    Without a network it is that of the first family as its source has it, or henet-r3. Other
    families have their own values of all that is not open but the image and the classes.
    `channels` has the values of each width. `repeats` has those that all places take together or,
    as a list of lists, those of each place; so does each of `keys`, which may be any key of a spec.
    `input` has those of height and width together or, as a list of lists, the image's channels, its
    heights and its widths. Where nothing has more than one value, all that is not named is open as
    the family's default space says.

    Raises:
        SpecError: a value is not possible, a family has no such key, or nothing is open.
        LimitError: an axis, the network, or the number of choices is beyond its limit.
        SourceError: the network has no spec.
    """
    values: dict[str, Any] = dict(keys or {})
    if channels is not None:
        values["channels"] = [_listed(width) for width in channels]
    values |= {k: v for k, v in (("repeats", repeats), ("input", input)) if v is not None}
    choices = {key: _choice(key, given_values) for key, given_values in values.items()}
    base = _base(network, families)
    if len(set(families)) < len(families):
        raise SpecError("a family is there twice", key="family", fix="each family once")
    names = families or (base.family,)
    specs = [_of_family(base, name) for name in names]
    _need_known(choices, specs)
    if any(choice.count > 1 for choice in choices.values()):
        grids = [g for spec in specs for g in _grids(spec, choices)]
        return Space(tuple(grids))
    grids = [g for name in names for g in _default(base, name, choices, len(names))]
    return Space(tuple(grids), is_default=True)


def _base(network: Source | None, families: Sequence[str]) -> Spec:
    if network is None and families:
        return Spec(family=families[0])
    return resolve_spec(network or "henet-r3", "a search").replace(name=None)


def _of_family(base: Spec, name: str) -> Spec:
    """The spec, or its image, classes and end with the other numbers of another family."""
    common = base.model_dump(include=set(Spec.model_fields) - {"name", "family"})
    return base if name == base.family else Spec(family=name, **common)


def _need_known(keys: Iterable[str], specs: Iterable[Spec]) -> None:
    """Refuse a key that no family has, and offer those that can be open.

    Raises:
        SpecError: there is one.
    """
    known = {key for spec in specs for key in type(spec).model_fields} - _CLOSED
    for key in keys:
        if key not in known:
            raise SpecError(f"unknown key {key!r}", key=key, fix=nearest(key, known))


def _default(
    base: Spec, name: str, choices: Mapping[str, _Choice], families: int
) -> Sequence[Grid]:
    """The default space of a family, but for what is chosen."""
    usual = base if name == base.family else Spec(family=name)
    spec = _of_family(base, name)
    image = {key: choice for key, choice in choices.items() if key == "input"}
    if all(choices[key].together and key != "channels" for key in choices.keys() - image.keys()):
        spec = fitted(next(_grids(spec, image)).spec, usual)
    spec = next(_grids(spec, choices)).spec
    return default(spec, frozenset(choices), families)


def _listed(values: Any) -> Sequence[Any]:
    is_list = isinstance(values, Sequence) and not isinstance(values, str)
    return values if is_list else (values,)


def _choice(key: str, values: Open) -> _Choice:
    """The values in their one form.

    Raises:
        SpecError: there is none, or one of them twice, or the key cannot be open.
        LimitError: there are too many.
    """
    if key in _CLOSED:
        raise SpecError(f"{key} cannot be open", key=key, fix="--family NAME/NAME (families)")
    listed = _listed(values)
    together = all(_listed(value) is not value for value in listed)
    parts = [listed] if together else [_listed(value) for value in listed]
    return _Choice(tuple(_checked(key, tuple(part)) for part in parts), together)


def _checked(key: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(values) > MOST_VALUES:
        raise LimitError(
            f"{key} has {len(values):,} values of one number",
            why=f"the limit is {MOST_VALUES:,}",
            fix="larger steps",
        )
    if not all(isinstance(value, (int, float, str)) for value in values):
        raise SpecError(f"{key} has a value that is no number, truth or name", key=key)
    if not values or len(set(values)) < len(values):
        raise SpecError(
            f"{key} has {'a value twice' if values else 'no value'}",
            key=key,
            fix="values that differ from one another",
        )
    return values


def _grids(spec: Spec, choices: Mapping[str, _Choice]) -> Iterator[Grid]:
    """A grid for each combination of what formulas cannot leave open."""
    closed = {key: choice for key, choice in choices.items() if key not in _NUMBERS}
    count = prod(choice.count for choice in closed.values())
    if count > _MOST_GRIDS:
        raise LimitError(
            f"{', '.join(closed)} have {count:,} combinations",
            why=f"each has formulas of its own, and the limit is {_MOST_GRIDS:,}",
            fix="fewer values, or larger steps",
        )
    ordered = {key: choices[key] for key in _NUMBERS if key in choices}
    first = {key: _first(spec, key, choice) for key, choice in ordered.items()}
    variants = [
        dict(zip(closed, values, strict=True))
        for values in product(*(_written(spec, *choice) for choice in closed.items()))
    ]
    for base in _possible(spec, first, variants):
        yield _grid(base, ordered)


def _possible(
    spec: Spec, first: Mapping[str, Any], variants: Sequence[dict[str, Any]]
) -> list[Spec]:
    """The variants that are specs; those that contradict themselves are left out.

    Raises:
        SpecError: a value is possible in none of them.
    """
    specs: list[Spec] = []
    possible: set[tuple[str, Any]] = set()
    refused: list[tuple[dict[str, Any], SpecError]] = []
    for variant in variants:
        try:
            specs.append(spec.replace(**first, **variant))
            possible.update(variant.items())
        except SpecError as refusal:
            refused.append((variant, refusal))
    for variant, error in refused:
        if not specs or not possible.issuperset(variant.items()):
            raise error
    return specs


def _written(spec: Spec, key: str, choice: _Choice) -> Iterable[Any]:
    """The values that a key can have, as a spec says them."""
    if not choice.together:
        return product(*choice.parts)
    return (_everywhere(spec, key, value) for value in choice.parts[0])


def _everywhere(spec: Spec, key: str, value: Value) -> Any:
    """The value in all places of a key: once where the key takes it so, or else as a list."""
    now = getattr(spec, key, None)
    if isinstance(now, tuple):
        try:
            spec.replace(**{key: value})
        except SpecError:
            return (value,) * len(now)
    return value


def _first(spec: Spec, key: str, choice: _Choice) -> Any:
    """What a spec says first of a key whose numbers are open."""
    if key == "input":
        sides = choice.first * 2 if choice.together else choice.first
        return (spec.input[0], *sides)[-3:]
    return _everywhere(spec, key, choice.first[0]) if choice.together else tuple(choice.first)


def _grid(spec: Spec, choices: Mapping[str, _Choice]) -> Grid:
    """The spec, which has the first values, with an axis for all numbers that change together."""
    axes = tuple(axis for key, choice in choices.items() for axis in _axes(spec, key, choice))
    for pick in (min, max):
        picked = {name: pick(axis.values) for axis in axes for name in axis.names}
        spec.replace(**changes(spec, picked))
    most = sum(max(axis.values) * len(axis.names) for axis in axes if axis.names[0][0] == "r")
    if most > MAX_BLOCKS:
        raise LimitError(f"repeats add up to {most:,} blocks", why=f"the limit is {MAX_BLOCKS:,}")
    return Grid(spec, axes)


def _axes(spec: Spec, key: str, choice: _Choice) -> Iterator[Axis]:
    names = tuple(name for name in numbers(spec) if name[0] in _NUMBERS[key])
    parts = [_whole(key, part) for part in choice.parts]
    if not names:
        raise SpecError(f"family {spec.family} has no {key}", key=key)
    if choice.together:
        yield Axis(names, parts[0])
        return
    if len(parts) > len(names) and len(parts.pop(0)) > 1:
        raise SpecError("the image's channels cannot be open", key=key, fix="one number of them")
    for name, part in zip(names, parts, strict=True):
        yield Axis((name,), part)


def _whole(key: str, values: Sequence[Value]) -> tuple[int, ...]:
    numbers = tuple(v for v in values if isinstance(v, int) and not isinstance(v, bool))
    if len(numbers) < len(values):
        raise SpecError(f"{key} has a value that is not a whole number", key=key)
    return numbers
