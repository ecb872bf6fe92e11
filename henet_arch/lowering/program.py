"""The steps of a network: what computes, and which planes it reads.

A plane is one channel of a map. A step does the work of one layer, the main one, and may finish
each element with others (ReLU, addition) before it is stored. Its points are what it can store:
point 0 is what the main layer makes, and each finishing layer makes one more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from math import prod
from typing import NamedTuple, cast

from ..ir.graph import Node
from ..ir.layers import Divide, Elementwise, PReLU

Size = tuple[int, int]
"""Height and width."""


class Plane(NamedTuple):
    """One channel of what a step makes at one of its points."""

    step: str
    point: int
    channel: int


WEIGHT = "weight"
"""The part of a step that brings the numbers of a layer, an element for each channel."""
ZERO = Plane("", 0, 0)
"""A plane of zeros, which no step makes."""


def points_of(planes: Iterable[Plane]) -> dict[tuple[str, int], None]:
    """The points that planes are of, those of zeros left out."""
    return dict.fromkeys((plane.step, plane.point) for plane in planes if plane.step)


class Value(NamedTuple):
    """A map as the planes that it is made of; a vector has planes of one element."""

    planes: tuple[Plane, ...]
    size: Size

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return len(self.planes) * prod(self.size)


class Epilogue(NamedTuple):
    """A layer that works on each element alone, at the end of a step."""

    node: Node
    operands: tuple[tuple[Plane, ...], ...] = ()
    """For each further operand the plane that goes with each channel of the step."""
    spread: tuple[bool, ...] = ()
    """Which of them have one element for each plane, which goes with all of the step's."""
    swapped: bool = False
    """Whether the step's element is the second operand: `b - a` and `b / a`."""

    @property
    def planar(self) -> tuple[tuple[Plane, ...], ...]:
        """The operands whose planes are as large as the step's."""
        return tuple(
            planes for planes, one in zip(self.operands, self.spread, strict=True) if not one
        )

    @property
    def keeps_zero(self) -> bool:
        """Whether zeros stay zeros where the operands' are zeros."""
        layer = self.node.layer
        if isinstance(layer, Elementwise):
            return layer.function.keeps_zero
        spread = any(self.spread)  # an infinite factor makes 0 no number
        return isinstance(layer, PReLU) or not (isinstance(layer, Divide) or spread)


class Factors(NamedTuple):
    """A layer that multiplies each plane that a step reads by one element."""

    node: Node
    planes: tuple[Plane, ...]
    """For each plane of the step's source the one with the element."""


@dataclass(frozen=True)
class Step:
    """What is computed at once."""

    node: Node
    """The main layer."""
    source: Value
    """What it reads; for an input nothing."""
    channels: int
    size: Size
    norms: tuple[Node, ...] = ()
    """The batch norms and scales that are folded into the main layer, in order."""
    epilogues: tuple[Epilogue, ...] = ()
    part: str = ""
    """Which part of the layer's work it is, where another step does the rest."""
    factors: Factors | None = None
    """What the weights are multiplied by in each run, instead of what they read."""

    @property
    def name(self) -> str:
        """The layer's; behind it the part. No other layer has that: scopes are no layers."""
        return f"{self.node.name}.{self.part}" if self.part else self.node.name

    @property
    def is_input(self) -> bool:
        """Whether it brings what the caller gives."""
        return not self.node.inputs

    @property
    def can_end_with_more(self) -> bool:
        """Whether another layer may become its last act."""
        return not self.is_input and self.part != WEIGHT

    @property
    def elements(self) -> int:
        """How many elements it makes at a point."""
        return self.channels * prod(self.size)

    @property
    def last(self) -> int:
        """The last point."""
        return len(self.epilogues)

    @property
    def reads(self) -> Iterator[Plane]:
        """All planes that it reads."""
        yield from self.source.planes
        yield from self.factors.planes if self.factors else ()
        for finish in self.epilogues:
            for operand in finish.operands:
                yield from operand

    def planes(self, point: int) -> tuple[Plane, ...]:
        """What it makes at `point`."""
        return tuple(Plane(self.name, point, channel) for channel in range(self.channels))

    def replanned(self, new: Callable[[Plane], Plane]) -> Step:
        """The same step where every plane that it reads is another."""
        source = Value(tuple(map(new, self.source.planes)), self.source.size)
        epilogues = tuple(
            f._replace(operands=tuple(tuple(map(new, planes)) for planes in f.operands))
            for f in self.epilogues
        )
        factors = self.factors and self.factors._replace(planes=(*map(new, self.factors.planes),))
        return replace(self, source=source, epilogues=epilogues, factors=factors)


@dataclass(frozen=True)
class Program:
    """Steps in the order in which they run, and what the network gives."""

    name: str
    steps: tuple[Step, ...]
    outputs: tuple[Value, ...]
    inputs: tuple[Node, ...]
    """All that the caller gives, whether a step reads it or not."""

    @cached_property
    def input_offsets(self) -> dict[str, int]:
        """Where each input's first element is in what the caller gives."""
        ends = accumulate((prod(cast("tuple[int, ...]", n.shape)) for n in self.inputs), initial=0)
        return {node.name: offset for node, offset in zip(self.inputs, ends, strict=False)}

    @cached_property
    def order(self) -> dict[str, int]:
        """When each step runs."""
        return {step.name: index for index, step in enumerate(self.steps)}

    @cached_property
    def stored(self) -> dict[str, tuple[int, ...]]:
        """For each step the points that others, or the caller, read."""
        result: dict[str, set[int]] = {step.name: set() for step in self.steps}
        for plane in self.reads:
            result[plane.step].add(plane.point)
        return {name: tuple(sorted(points)) for name, points in result.items()}

    @cached_property
    def readers(self) -> Mapping[tuple[str, int], set[str]]:
        """For each point the steps that read it; "" is the caller."""
        result: dict[tuple[str, int], set[str]] = defaultdict(set)
        for step in self.steps:
            for point in points_of(step.reads):
                result[point].add(step.name)
        for value in self.outputs:
            for point in points_of(value.planes):
                result[point].add("")
        return result

    @property
    def reads(self) -> Iterator[Plane]:
        """Every plane that is read, by steps and by the caller, but those of zeros."""
        read = (plane for step in self.steps for plane in step.reads)
        given = (plane for value in self.outputs for plane in value.planes)
        for planes in (read, given):
            yield from (plane for plane in planes if plane != ZERO)

    def replanned(self, steps: Sequence[Step], new: Mapping[Plane, Plane]) -> Program:
        """The program of `steps`, each plane in it replaced as `new` says."""

        def current(plane: Plane) -> Plane:
            while plane in new:
                plane = new[plane]
            return plane

        outputs = tuple(Value(tuple(map(current, v.planes)), v.size) for v in self.outputs)
        moved = tuple(step.replanned(current) for step in steps)
        return replace(self, steps=moved, outputs=outputs)
