"""Which channels reach which, from the channels that each layer says it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..errors import UnknownNameError, nearest
from ..graph import Graph, Node
from ..layer import NO_OPS
from ._matrix import Matrix
from ._numbers import need_numbers

Channel = tuple[str, int]
"""A layer, and the number of one of its channels."""

Reads = tuple[tuple[range, ...], ...]
"""For each channel of a layer, the channels of each input that it depends on."""


class Reach:
    """The channels of one graph and how they depend on one another."""

    def __init__(self, graph: Graph) -> None:
        need_numbers(graph)
        self.graph = graph
        self.reads: dict[str, Reads] = {node.name: reads(node) for node in graph}
        self._origins: dict[str, tuple[Channel | None, ...]] = {}
        for node in graph:
            self._origins[node.name] = self._origin(node)

    def inside(self, scope: str) -> list[Node]:
        """The layers of a scope, or the layer of that name; "" has all.

        Raises:
            UnknownNameError: there is none.
        """
        found = [
            node for node in self.graph if not scope or f"{node.name}.".startswith(f"{scope}.")
        ]
        if not found:
            names = {node.name for node in self.graph}
            names |= {name.rpartition(".")[0] for name in names} - {""}
            raise UnknownNameError(
                f"network {self.graph.name!r} has no layer or block {scope[:99]!r}",
                fix=nearest(scope, names),
            )
        return found

    def matrices(self, scope: str) -> dict[str, Matrix]:
        """Channels against those that come into a scope, for its layers and what they read.

        A channel that is only passed on (concatenated, shuffled) is the channel that it was before,
        so that what comes in twice counts once. Images inside come in too.

        Raises:
            UnknownNameError: there is no such scope.
        """
        inside = self.inside(scope)
        entering = self._entering(inside)
        origins = dict.fromkeys(origin for name in entering for origin in self._origins[name])
        origins.pop(None, None)
        bits = {origin: 1 << index for index, origin in enumerate(origins)}
        rows: dict[str, Sequence[int]] = {
            name: [bits.get(origin, 0) for origin in self._origins[name]] for name in entering
        }
        for node in inside:
            if node.inputs:
                given = [rows[name] for name in node.inputs]
                rows[node.name] = unions(self.reads[node.name], given)
        return {name: Matrix(tuple(found), len(bits)) for name, found in rows.items()}

    @staticmethod
    def _entering(inside: Sequence[Node]) -> list[str]:
        """The layers outside that are read inside, and the images inside."""
        names = {node.name for node in inside}
        reads = (n for node in inside for n in (node.inputs or (node.name,)))
        images = {node.name for node in inside if not node.inputs}
        return [name for name in dict.fromkeys(reads) if name not in names or name in images]

    def _origin(self, node: Node) -> tuple[Channel | None, ...]:
        """Where each channel was computed; None for one of zeros."""
        computed = node.layer.ops(node.input_shapes, node.shape) != NO_OPS
        reads = self.reads[node.name]
        if computed or not node.inputs or any(sum(map(len, ranges)) > 1 for ranges in reads):
            return tuple((node.name, channel) for channel in range(int(node.channels)))
        return tuple(
            next((self._origins[name][channel] for name, channel in pairs(node, ranges)), None)
            for ranges in reads
        )


def reads(node: Node) -> Reads:
    """What each channel of a layer depends on."""
    channels = range(int(node.channels))
    return tuple(node.layer.reads(channel, node.input_shapes) for channel in channels)


def pairs(node: Node, ranges: tuple[range, ...]) -> Iterator[Channel]:
    """The inputs' channels that `ranges` of the node's inputs have."""
    for name, channels in zip(node.inputs, ranges, strict=True):
        for channel in channels:
            yield name, channel


def unions(channels: Reads, given: Sequence[Sequence[int]]) -> list[int]:
    """What each channel depends on, from what those that it reads of each input do.

    Channels of one group read the same, which is summed once.
    """
    known: dict[tuple[int, range], int] = {}
    rows = []
    for ranges in channels:
        row = 0
        for key in enumerate(ranges):
            if key not in known:
                found = 0
                for channel in key[1]:
                    found |= given[key[0]][channel]
                known[key] = found
            row |= known[key]
        rows.append(row)
    return rows
