"""Every stage, block and layer of two networks with its counterpart, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ..ir.layers import usual_of
from .alignment import align
from .parts import Numbers, Part, stages
from .side import Costs, Facts, Side

Status = Literal["equal", "renamed", "changed", "only-a", "only-b"]
Changes = Mapping[str, tuple[Any, Any]]
"""What is another in B than in A, by name: A's and B's."""


class Delta(NamedTuple):
    """One figure of both sides."""

    a: int
    b: int

    @property
    def difference(self) -> int:
        return self.b - self.a

    @property
    def percent(self) -> float | None:
        """The difference in percent of A; None where A has none."""
        return 100 * self.difference / self.a if self.a else None

    def to_dict(self) -> dict[str, Any]:
        return {**self._asdict(), "difference": self.difference, "percent": self.percent}


@dataclass(frozen=True, eq=False)
class Match:
    """A stage, block or layer of A with its counterpart in B; or one that has none."""

    a: Part | None
    b: Part | None
    parts: tuple[Match, ...] = ()
    """None in a layer."""
    changes: Changes = field(default_factory=dict)
    """Of a layer that is in both."""

    @property
    def sides(self) -> tuple[Part, ...]:
        return tuple(part for part in (self.a, self.b) if part)

    @property
    def name(self) -> str:
        """Its name in B, where it is in B."""
        return self.sides[-1].name

    @cached_property
    def layers(self) -> tuple[Match, ...]:
        """The layers inside; of a layer itself."""
        return tuple(layer for part in self.parts for layer in part.layers) or (self,)

    @cached_property
    def deltas(self) -> dict[str, Delta]:
        """By the names of the costs."""
        a, b = (part.costs if part else Costs() for part in (self.a, self.b))
        return dict(zip(Costs._fields, map(Delta, a, b), strict=True))

    @property
    def unknown(self) -> dict[str, int]:
        """How many layers of unknown cost each side has: multiply-accumulates are without them."""
        return {key: part.unknown if part else 0 for key, part in (("a", self.a), ("b", self.b))}

    @cached_property
    def difference_known(self) -> bool:
        """Whether the multiply-accumulates have a difference: all that changed is known."""
        return all(
            layer.status in ("equal", "renamed") or not any(layer.unknown.values())
            for layer in self.layers
        )

    def figures(self) -> dict[str, dict[str, Any]]:
        """The deltas as plain values, None for what is unknown."""
        result = {name: delta.to_dict() for name, delta in self.deltas.items()}
        if not self.parts:
            result["macs"] |= {key: None for key, count in self.unknown.items() if count}
        if not self.difference_known:
            result["macs"] |= {"difference": None, "percent": None}
        return result

    @cached_property
    def status(self) -> Status:
        if self.a is None or self.b is None:
            return "only-b" if self.a is None else "only-a"
        if self.changes or any(delta.difference for delta in self.deltas.values()):
            return "changed"
        inside = {part.status for part in self.parts}
        if inside - {"equal", "renamed"}:
            return "changed"
        return "renamed" if "renamed" in inside or self.a.name != self.b.name else "equal"


def match(a: Side, b: Side) -> tuple[Match, ...]:
    """The stages of both, matched down to their layers."""
    numbers = Numbers()
    result = _matched(stages(a.layers, numbers), stages(b.layers, numbers))
    pairs = partners(result)
    return tuple(_compared(stage, pairs) for stage in result)


def partners(stages: Iterable[Match]) -> dict[str, str]:
    """The layers of A that have a counterpart, each with its name in B."""
    layers = (layer for stage in stages for layer in stage.layers)
    return {layer.a.name: layer.b.name for layer in layers if layer.a and layer.b}


def _matched(a: tuple[Part, ...], b: tuple[Part, ...]) -> tuple[Match, ...]:
    return tuple(
        Match(one, other, _matched(one.parts if one else (), other.parts if other else ()))
        for one, other in align(a, b)
    )


def _compared(pair: Match, partners: Mapping[str, str]) -> Match:
    """The match with what changed in its layers."""
    parts = tuple(_compared(part, partners) for part in pair.parts)
    if parts or not (pair.a and pair.b):
        return replace(pair, parts=parts)
    return replace(pair, changes=dict(_changes(pair.a.layers[0], pair.b.layers[0], partners)))


def _changes(
    a: Facts, b: Facts, partners: Mapping[str, str]
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if a.kind != b.kind:  # their attributes say different things
        yield "kind", (a.kind, b.kind)
    else:
        usual = usual_of(a.kind)  # which reports leave out
        one, other = {**usual, **a.attributes}, {**usual, **b.attributes}
        keys = dict.fromkeys((*one, *other))
        yield from _differing((key, one.get(key), other.get(key)) for key in keys)
    if tuple(partners.get(name) for name in a.inputs) != b.inputs:
        yield "inputs", (a.inputs, b.inputs)
    shapes = ("input_shapes", a.input_shapes, b.input_shapes), ("output_shape", a.shape, b.shape)
    yield from _differing(shapes)


def _differing(items: Iterable[tuple[str, Any, Any]]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    return ((key, (old, new)) for key, old, new in items if old != new)
