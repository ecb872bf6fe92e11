"""A side as parts within parts: stages, their blocks, their layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from ..ir.scope import below, cut
from .side import Costs, Facts

Features = frozenset[int]


@dataclass(frozen=True)
class Numbers:
    """The features that were met on either side, by numbers."""

    of_features: dict[Hashable, int] = field(default_factory=dict)
    of_layers: dict[tuple[str, Hashable], Features] = field(default_factory=dict)
    """All features of a part of one layer, which many have, by its label and the layer's."""

    def of(self, label: str, layers: Sequence[Facts]) -> Features:
        """The features of a part."""
        if len(layers) > 1:
            return self._new(label, layers)
        key = (label, layers[0].features)
        if key not in self.of_layers:
            self.of_layers[key] = self._new(label, layers)
        return self.of_layers[key]

    def _new(self, label: str, layers: Sequence[Facts]) -> Features:
        """A feature that is there twice is two: the second has a number of its own.

        The label, without its number, is a fifth of them all.
        """
        counts = Counter(feature for layer in layers for feature in layer.features)
        counts[label] = counts.total() // 4 + 1
        return frozenset(
            self.of_features.setdefault((feature, time), len(self.of_features))
            for feature, count in counts.items()
            for time in range(count)
        )


_SCOPES: tuple[Callable[[str], str], ...] = (
    lambda layer: cut(layer, 1),
    lambda layer: cut(layer, 2),
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

    @cached_property
    def costs(self) -> Costs:
        """Of all its layers."""
        if len(self.layers) == 1:
            return self.layers[0].costs
        return Costs.sum(layer.costs for layer in self.layers)

    @cached_property
    def unknown(self) -> int:
        """How many of its layers are of unknown cost."""
        return sum(not layer.cost_known for layer in self.layers)

    def precedes(self, other: Part) -> bool:
        """An order of parts that does not ask which side they are of."""
        if self.name != other.name:
            return self.name < other.name
        return repr(self.layers) < repr(other.layers)


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
    items = []
    for name, group in groupby(layers, key=lambda layer: scopes[0](layer.name)):
        inside = tuple(group)
        label = below(name, around)
        parts = _parts(inside, name, scopes[1:], numbers)
        items.append(Part(name, label, inside, parts, numbers.of(stem(label), inside)))
    return tuple(items)
