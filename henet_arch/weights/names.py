"""Weights that have the names of the network's tensors, but for a prefix."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..ir.dims import Shape, format_shape
from ..ir.scope import below, is_below, outermost
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


def own_names(shapes: Mapping[str, Shape]) -> Space:
    """The names that the tensors have here."""
    return Space({name: name for name in shapes}, shapes)


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

    def pairs(self, theirs: Tensors, but: Collection[str]) -> dict[str, str] | None:
        """The name of theirs for each tensor of ours, where all that are not among `but` fit."""
        kept = {name: own for name, own in self.space.names.items() if own not in but}
        if not kept.keys() <= self.theirs.keys() <= self.space.names.keys() or (but and not kept):
            return None
        pairs = {own: self.theirs[name] for name, own in kept.items()}
        shapes, entries = self.space.shapes, theirs.entries
        fits = all(entries[other].shape == shapes[own] for own, other in pairs.items())
        return pairs if fits else None


def by_name(
    theirs: Tensors, spaces: Sequence[Space], network: str, but: Collection[str] = ()
) -> Fit:
    """For each tensor of ours the name of theirs.

    A prefix of all their names is left out where ours do not have it.

    Args:
        theirs: The weights, without counters.
        spaces: The names that ours may have there; the first that fit are taken.
        network: The network's name.
        but: Names of ours that are left out where not all fit.

    Raises:
        FileError: they have other names or shapes.
    """
    ways = [_Way(names, space) for space in spaces for names in without_prefixes(theirs.entries)]
    for left_out in ((), but) if but else ((),):
        for way in ways:
            if (pairs := way.pairs(theirs, left_out)) is not None:
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
