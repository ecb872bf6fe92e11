"""What a lint rule is, and what it may ask of a network.

A rule is a file in `lints/` with a `RULE`; the file's name is the rule's name. Its id is what
people write down, and stays the same for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from ..analyzers import receptive_field, roofline
from ..analyzers._numbers import need_numbers
from ..analyzers.machine import Machine
from ..ir.graph import Graph, Node
from ..ir.layer import NO_OPS
from ..support.errors import LimitError

if TYPE_CHECKING:
    from ..spec.spec import Spec

Changes = Mapping[str, Any]
"""Keys of a spec with other values; a family may not have all of them."""

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""An error is certainly wrong, a warning is waste or a loss, info is a cost to know of."""

TYPICAL = Machine("a typical core", peak_gflops=100.0, bandwidth_gb_per_s=25.0)
"""What memory-bound layers are told by where no machine is named: in balance at 4 FLOP/B."""

WIDEST = 2**20
"""The most channels of a map."""
LONGEST = 2**24
"""The most features of a vector."""
LONGEST_SIDE = 2**14
"""The largest height or width of a map, in elements."""

_NAMED = 3
"""The most layers that a message names."""


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found."""

    layers: tuple[str, ...]
    """The layers that it is about, the first one to blame."""
    what: str
    """What is so, with its numbers."""
    advice: str = ""
    """What to do here, where that can be said with values."""
    share: float | None = None
    """The part of the network's whole that it stands for; the rule says of what."""


@dataclass(frozen=True)
class Context:
    """A network and what rules ask of it, each worked out once and only if it is asked for."""

    graph: Graph
    machine: Machine = TYPICAL

    def __post_init__(self) -> None:
        need_numbers(self.graph)
        for node in self.graph:
            is_map = len(node.shape) == 3
            limits = (
                (WIDEST, LONGEST_SIDE, LONGEST_SIDE) if is_map else (LONGEST,) * len(node.shape)
            )
            for size, most in zip(node.shape, limits, strict=True):
                if size > most:
                    raise LimitError(
                        f"a size of {size:,} is more than the {most:,} that lint looks at",
                        where=node.name,
                    )

    @cached_property
    def outputs(self) -> frozenset[str]:
        """The layers that the network gives."""
        return frozenset(self.graph.outputs)

    @cached_property
    def shared(self) -> frozenset[str]:
        """The layers that have their weights in common with others."""
        again = [node for node in self.graph if node.shares]
        return frozenset(name for node in again for name in (node.name, node.shares))

    @cached_property
    def fields(self) -> dict[str, receptive_field.Field]:
        """What each layer sees of the image."""
        return {field.name: field for field in receptive_field.analyze(self.graph).by_layer}

    @cached_property
    def works(self) -> dict[str, roofline.Work]:
        """What each layer computes and moves."""
        return {work.name: work for work in roofline.analyze(self.graph, self.machine).layers}

    @cached_property
    def params(self) -> int:
        """Parameters of the whole network."""
        return sum(map(parameters, self.graph))

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of the whole network."""
        return sum(map(macs, self.graph))

    @cached_property
    def bytes_moved(self) -> int:
        """Bytes that all layers move, each by itself."""
        return sum(work.bytes_moved for work in self.works.values())


def _nothing(spec: Spec) -> Iterable[Changes]:
    return ()


@dataclass(frozen=True)
class Rule:
    """A lint rule."""

    id: str
    """Letters and three digits, never given to another rule."""
    severity: Severity
    summary: str
    """What it finds, in one line."""
    explanation: str
    """Why that is bad, and when the rule keeps silent."""
    advice: str
    """What to do instead, in words: a graph's owner can change its layers."""
    source: str
    check: Callable[[Context], Iterator[Finding]]
    of: str = ""
    """What a finding's share is a share of."""
    keys: tuple[str, ...] = ()
    """The keys of a spec that bring it about, the likeliest first."""
    proposals: Callable[[Spec], Iterable[Changes]] = _nothing
    """What may help in a spec, the best first; each is tried before it is said."""
    name: str = ""
    """Its file's, set when it is found there."""


def parameters(node: Node) -> int:
    """Trained numbers of a layer."""
    return 0 if node.shares else int(sum(map(prod, node.layer.weights().values())))


def macs(node: Node) -> int:
    """Multiply-accumulates of a layer."""
    return int(node.layer.ops(node.input_shapes, node.shape).mac)


def computes(node: Node) -> bool:
    """Whether a layer does more than pass its input on, in whatever order."""
    return node.layer.ops(node.input_shapes, node.shape) != NO_OPS


def first_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names that a message has room for, each once, and one more where there are more."""
    return tuple(islice(dict.fromkeys(names), _NAMED + 1))


def listed(names: Sequence[str], joint: str = ", ") -> str:
    """`a, b, c, ...`: the first of `names`."""
    return joint.join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
