"""Weights that have the names of the network's tensors, but for a prefix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..ir.dims import Shape, format_shape
from ..ir.scope import below, is_below, outermost, parent
from ..support.errors import FileError
from .tensors import Tensors

Names = Mapping[str, str]
"""Tensors by names that they have elsewhere."""
_MOST_PREFIXES = 8
"""Words before all names that are left out: `module.`, `_orig_mod.`, `model.`."""


class Space(NamedTuple):
    """The names that the network's tensors may have in a file."""

    names: Names
    shapes: Mapping[str, Shape]
    replaceable: frozenset[str] = frozenset()
    """Those of the shapes that need not be there, each with all of its layer."""


def own_names(shapes: Mapping[str, Shape], replaceable: frozenset[str] = frozenset()) -> Space:
    """The names that the tensors have here."""
    return Space({name: name for name in shapes}, shapes, replaceable)


class Fit(NamedTuple):
    """The names that a file has, and theirs of each of ours."""

    space: Space
    pairs: dict[str, str]


class _Way(NamedTuple):
    """A way to read the names of both sides."""

    theirs: Names
    space: Space

    @property
    def common(self) -> int:
        return len(self.theirs.keys() & self.space.names.keys())

    def pairs(self, theirs: Tensors, replaceable: frozenset[str]) -> dict[str, str] | None:
        """The name of theirs for each tensor of ours, without layers of which none fits.

        None where others than the replaceable ones do not fit, or nothing does.
        """
        names, shapes = self.space.names, self.space.shapes
        if not self.theirs.keys() <= names.keys():
            return None
        pairs = {own: self.theirs[name] for name, own in names.items() if name in self.theirs}
        fitting = {
            own for own, other in pairs.items() if theirs.entries[other].shape == shapes[own]
        }
        left_out: set[str] = set()
        layers: dict[str, set[str]] = {}
        for own in shapes:
            layers.setdefault(parent(own), set()).add(own)
        for held in layers.values():
            if held <= fitting:
                continue
            if not held <= replaceable or 0 < len(held & pairs.keys()) < len(held):
                return None
            left_out |= held
        result = {own: other for own, other in pairs.items() if own not in left_out}
        return result if result or not shapes else None


def by_name(theirs: Tensors, spaces: Sequence[Space], network: str) -> Fit:
    """For each tensor of ours the name of theirs; where not all fit, without replaceable ones.

    A prefix of all their names is left out where ours do not have it.

    Args:
        theirs: The weights, without counters.
        spaces: The names that ours may have there; the first that fit are taken.
        network: The network's name.

    Raises:
        FileError: they have other names or shapes.
    """
    ways = [_Way(names, space) for space in spaces for names in without_prefixes(theirs.entries)]
    for is_strict in (True, False):
        for way in ways:
            replaceable = frozenset[str]() if is_strict else way.space.replaceable
            if (pairs := way.pairs(theirs, replaceable)) is not None:
                return Fit(way.space, pairs)
    raise _misfit(theirs, max(ways, key=lambda way: way.common), network)


def without_prefixes(names: Mapping[str, object]) -> Iterator[Names]:
    """The names as they are, and without the first words, as long as all have them."""
    result = {name: name for name in names}
    yield result
    for _ in range(_MOST_PREFIXES):
        prefix = outermost(next(iter(result), ""))
        if not prefix or not all(is_below(name, prefix) for name in result):
            return
        result = {below(name, prefix): own for name, own in result.items()}
        yield result


def _misfit(theirs: Tensors, way: _Way, network: str) -> FileError:
    """The error that names the first tensor that is another, or none, on one side."""
    stored = {name: theirs.entries[own].shape for name, own in way.theirs.items()}
    wanted = {name: way.space.shapes[own] for name, own in way.space.names.items()}
    differing = [name for name in {**wanted, **stored} if wanted.get(name) != stored.get(name)]
    differing.sort(key=lambda name: way.space.names.get(name) in way.space.replaceable)
    name = differing[0]
    have, want = (format_shape(of[name]) or "1" if name in of else "" for of in (stored, wanted))
    fault = f"{name:.99}, {want}, is missing"
    if have:
        fault = f"{name:.99} is {have}, and the network has {want or 'none'}"
    return FileError(
        f"the weights do not fit {network}: {fault}",
        where=theirs.title,
        why=_counted(stored, wanted, differing),
        fix="the weights that were saved with this network",
    )


def _counted(
    stored: Mapping[str, Shape], wanted: Mapping[str, Shape], differing: Sequence[str]
) -> str:
    """How many tensors differ, and in what."""
    missing = sum(name not in stored for name in differing)
    other = sum(name in stored and name in wanted for name in differing)
    more = len(differing) - missing - other
    if stored and missing == len(wanted):
        return f"no name is the same: there the first is {next(iter(stored)):.99}"
    counts = (
        (missing, f"of the network's {len(wanted):,} tensors are missing"),
        (other, "have another shape"),
        (more, f"of the {len(stored):,} tensors there have no place in the network"),
    )
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)
