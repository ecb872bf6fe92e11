"""A side as parts within parts: stages, their blocks, their layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..scopes import scope_of
from .side import Facts

Features = frozenset[int]
Numbers = dict[Hashable, int]
"""A number for each feature that was met on either side."""

_SCOPES: tuple[Callable[[str], str], ...] = (
    lambda layer: scope_of(layer, 1),
    lambda layer: scope_of(layer, 2),
    lambda layer: layer,
)
"""What a layer's stage, its block and itself are called."""


@dataclass(frozen=True, eq=False)
class Part:
    """A stage, a block or a layer."""

    name: str
    """`stage1.block2`."""
    label: str
    """Its name within the part around it: `block2`."""
    layers: tuple[Facts, ...]
    parts: tuple[Part, ...]
    """None in a layer."""
    features: Features
    """What it may have in common with another part."""

    @property
    def key(self) -> tuple[str, str]:
        """An order of parts that does not ask which side they are of."""
        return self.name, repr(self.layers)


def stages(layers: Iterable[Facts], numbers: Numbers) -> tuple[Part, ...]:
    """The stages that `layers` form, each with its blocks, each with its layers."""
    return _parts(layers, "", _SCOPES, numbers)


def stem(label: str) -> str:
    """A label without its number, which only says where it stands."""
    return label.rstrip("0123456789")


def _parts(
    layers: Iterable[Facts],
    around: str,
    scopes: Sequence[Callable[[str], str]],
    numbers: Numbers,
) -> tuple[Part, ...]:
    if not scopes:
        return ()
    found = []
    for name, group in groupby(layers, key=lambda layer: scopes[0](layer.name)):
        inside = tuple(group)
        label = name.removeprefix(f"{around}.")
        parts = _parts(inside, name, scopes[1:], numbers)
        found.append(Part(name, label, inside, parts, _features(label, inside, numbers)))
    return tuple(found)


def _features(label: str, layers: Iterable[Facts], numbers: Numbers) -> Features:
    """A feature that is there twice is two: the second has a number of its own.

    The label is a fifth of them all, without its number.
    """
    counts = Counter(feature for layer in layers for feature in layer.features)
    counts[stem(label)] = counts.total() // 4 + 1
    return frozenset(
        numbers.setdefault((feature, time), len(numbers))
        for feature, count in counts.items()
        for time in range(count)
    )
