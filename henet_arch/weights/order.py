"""Weights that have other names than the network's tensors, and stand in the same order.

Tensors of one scope are a layer. Layers with tensors of the same shapes are paired one after the
other, but for those that have the same name already.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from ..ir.dims import Shape, format_shape
from ..ir.scope import leaf, parent
from ..support.errors import FileError
from .names import without_prefixes
from .tensors import Tensors

Shapes = Mapping[str, Shape]
Kind = tuple[tuple[Shape, str], ...]
"""The shapes of a layer's tensors; with the last word of their names, where two have one shape."""


def by_order(theirs: Tensors, ours: Shapes, network: str) -> dict[str, str]:
    """For each tensor of ours the name of theirs.

    Args:
        theirs: The weights, without counters.
        ours: The shapes of the network's tensors, in order.
        network: The network's name.

    Raises:
        FileError: they are of other shapes, or nothing says in which order they are.
    """
    shapes = {name: entry.shape for name, entry in theirs.entries.items()}
    same = _same(shapes, ours)
    here, there = _kinds(ours), _kinds(shapes)
    for kind in (*here, *there):
        if len(here.get(kind, ())) != len(there.get(kind, ())):
            raise _misfit(theirs, kind, here.get(kind, ()), there.get(kind, ()), network)
    pairs: dict[str, str] = {}
    for kind, layers in here.items():
        for own, other in zip(layers, _ordered(layers, there[kind], same, theirs), strict=True):
            pairs.update(zip(own, other, strict=True))
    return {name: pairs[name] for name in ours}


def _ordered(
    ours: Sequence[list[str]],
    layers: Sequence[list[str]],
    same: Mapping[str, str],
    theirs: Tensors,
) -> Sequence[list[str]]:
    """Their layers of one kind in the order of ours.

    Args:
        ours: The network's layers of the kind.
        layers: Theirs.
        same: Theirs by the names of ours that are the same.
    """
    named = [[same.get(name, "") for name in layer] for layer in ours]
    left = [layer for layer, name in zip(ours, named, strict=True) if name not in layers]
    others = [layer for layer in layers if layer not in named]
    if any(_differ_by_number(own, other) for own in left for other in others):
        named, others = [[] for _ in ours], list(layers)
    rest = iter(others if theirs.in_order else _sorted(others, theirs))
    return [name if name in layers else next(rest) for name in named]


def _differ_by_number(own: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the names of layers say that the two sides count from different numbers."""
    one, two = (re.sub(r"[0-9]+", "#", parent(layer[0])) for layer in (own, other))
    return "#" in one and two.endswith(one)


def _same(theirs: Shapes, ours: Shapes) -> dict[str, str]:
    """The tensors of layers that have the same name and the same tensors on both sides."""
    names = max(without_prefixes(theirs), key=lambda names: len(names.keys() & ours.keys()))
    layers = _layers(ours)
    others = _layers(names)
    return {
        name: names[name]
        for scope, inside in layers.items()
        if set(inside) == set(others.get(scope, ()))
        and all(theirs[names[name]] == ours[name] for name in inside)
        for name in inside
    }


def _layers(names: Iterable[str]) -> dict[str, list[str]]:
    """The tensors of each scope."""
    result: dict[str, list[str]] = {}
    for name in names:
        result.setdefault(parent(name), []).append(name)
    return result


def _kinds(shapes: Shapes) -> dict[Kind, list[list[str]]]:
    """The layers by the shapes of their tensors, each with its tensors in the order of these."""
    result: dict[Kind, list[list[str]]] = {}
    for inside in _layers(shapes).values():
        counts = Counter(shapes[name] for name in inside)
        keys = {
            name: (shapes[name], leaf(name) if counts[shapes[name]] > 1 else "") for name in inside
        }
        ordered = sorted(inside, key=keys.__getitem__)
        result.setdefault(tuple(keys[name] for name in ordered), []).append(ordered)
    return result


def _sorted(layers: Sequence[list[str]], theirs: Tensors) -> list[list[str]]:
    """Layers of a file that does not keep their order, by the numbers in their names.

    Raises:
        FileError: their names differ by more than numbers.
    """
    keyed = sorted((_words(parent(layer[0])), layer) for layer in layers)
    for (words, layer), (later, other) in pairwise(keyed):
        pairs = enumerate(zip(words, later, strict=False))
        place = next((place for place, (one, two) in pairs if one != two), 0)
        if place % 2 == 0:  # of text, and not of a number
            first, second = parent(layer[0]), parent(other[0])
            raise FileError(
                f"nothing says whether {first:.99} or {second:.99} comes first",
                where=theirs.title,
                why="they have the same shapes, and such a file does not keep its tensors' order",
                fix="torch.save(module.state_dict(), 'w.pt'), which keeps it",
            )
    return [layer for _, layer in keyed]


def _words(name: str) -> list[tuple[int, str]]:
    """Text and numbers in turns, numbers by their size."""
    parts = re.split(r"([0-9]+)", name)
    return [(len(part) * (place % 2), part) for place, part in enumerate(parts)]


def _misfit(
    theirs: Tensors,
    kind: Kind,
    here: Sequence[Sequence[str]],
    there: Sequence[Sequence[str]],
    network: str,
) -> FileError:
    shapes = " and ".join(format_shape(shape) or "1" for shape, _ in kind)
    have, want = (
        f"{len(layers):,} (the first is {parent(layers[0][0]) or layers[0][0]:.99})"
        if layers
        else "none"
        for layers in (there, here)
    )
    return FileError(
        f"the weights do not fit {network}: of layers with tensors of {shapes} they have {have}, "
        f"and the network has {want}",
        where=theirs.title,
        fix="the weights of a network with the same layers",
    )
