"""Which channels reach which, from the channels that each layer says it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..ir.graph import Graph, Node
from ..ir.layer import NO_OPS, Layer
from ..support.errors import LimitError
from ._matrix import Matrix
from ._numbers import need_numbers

_ZEROS = -1

MOST_CHANNELS = 2**17
"""Channels of a layer, or elements of a vector that a layer computes."""
MOST_PAIRS = 2**31
"""Pairs of channels in all matrices together: bits."""

Channel = tuple[str, int]
"""A layer, and the number of one of its channels."""

Reads = tuple[tuple[range, ...], ...]
"""For each channel of a layer, the channels of each input that it depends on."""


class Reading(NamedTuple):
    """What one channel of a layer reads, seen from the channels that come into a scope."""

    most: int
    """Channels that one channel reads, where they are most."""
    each: int
    """Inputs that every channel that is read depends on; 0 if they differ, or share an input."""


class Reach:
    """The channels of one graph and how they depend on one another.

    Elements of a flattened map that come from the same channel are looked at once, as one cell:
    so it does not matter how large a map is. Equal layers that read equal matrices are worked out
    once, wherever they are.
    """

    def __init__(self, graph: Graph) -> None:
        need_numbers(graph)
        self.graph = graph
        self.each: dict[str, int] = {}
        """Elements of each cell of a layer; 1 where cells are channels."""
        self.reads: dict[str, Reads] = {}
        """For each cell of a layer, the cells of each input that it depends on."""
        self._origins: dict[str, Sequence[int]] = {}
        """For each cell the number of the one that was computed; `_ZEROS` for one of zeros."""
        self._pairs = 0
        self._matrices: dict[Matrix, Matrix] = {}
        self._products: dict[tuple[int, ...], Matrix] = {}
        self._readings: dict[tuple[int, ...], Reading] = {}
        for node in graph:
            self.each[node.name] = self._each(node)
            if int(node.channels) > MOST_CHANNELS * self.each[node.name]:
                raise LimitError(
                    f"{int(node.channels):,} channels are more than the {MOST_CHANNELS:,} that "
                    "mixing looks at",
                    where=node.name,
                )
        shared: dict[object, Reads] = {}
        computed = 0
        for node in graph:
            sizes = tuple(self.each[name] for name in (node.name, *node.inputs))
            key = node.layer, node.input_shapes, node.shape, sizes
            if key not in shared:
                shared[key] = self._cells(node) if node.layer.structure_known else ()
            self.reads[node.name] = shared[key]
            self._origins[node.name] = self._origin(node, computed)
            computed += len(self._origins[node.name])

    def matrices(self, scope: str) -> dict[str, Matrix]:
        """Channels against those that come into a scope, for its layers and what they read.

        A channel that is only passed on (concatenated, shuffled) is the channel that it was before,
        so that what comes in twice counts once. Images inside come in too. Left out is what an
        operator of unknown structure gives inside, and all that depends on it.

        Raises:
            UnknownNameError: there is no such scope.
            LimitError: there are too many pairs of channels.
        """
        inside = self.graph.inside(scope or None)
        entering = self._entering(inside)
        origins = dict.fromkeys(origin for name in entering for origin in self._origins[name])
        origins.pop(_ZEROS, None)
        bits = {origin: 1 << index for index, origin in enumerate(origins)}
        self._count(len(bits) * sum(len(self._origins[name]) for name in entering))
        result = {}
        for name in entering:
            rows = tuple(bits.get(origin, 0) for origin in self._origins[name])
            result[name] = self._kept(Matrix(rows, len(bits), self.each[name]))
        for node in inside:
            if node.inputs and node.layer.structure_known and result.keys() >= {*node.inputs}:
                result[node.name] = self._product(node, [result[name] for name in node.inputs])
        return result

    def reading(self, node: Node, given: Sequence[Matrix], own: Matrix) -> Reading:
        """What a layer's channels read, from the matrices of its inputs and its own."""
        key = self._key(node, given)
        if key not in self._readings:
            reads = dict(zip(self.reads[node.name], own.rows, strict=True))
            self._readings[key] = _reading(reads, given)
        return self._readings[key]

    def _product(self, node: Node, given: Sequence[Matrix]) -> Matrix:
        key = self._key(node, given)
        if key not in self._products:
            reads, inputs = self.reads[node.name], given[0].inputs
            self._count(len(reads) * inputs)
            rows = unions(reads, [matrix.rows for matrix in given])
            matrix = Matrix(tuple(rows), inputs, self.each[node.name])
            self._products[key] = self._kept(matrix)
        return self._products[key]

    def _key(self, node: Node, given: Sequence[Matrix]) -> tuple[int, ...]:
        """The same for equal layers that read equal matrices, all of which are kept."""
        return (id(self.reads[node.name]), self.each[node.name], *map(id, given))

    def _kept(self, matrix: Matrix) -> Matrix:
        return self._matrices.setdefault(matrix, matrix)

    def _count(self, pairs: int) -> None:
        self._pairs += pairs
        if self._pairs > MOST_PAIRS:
            raise LimitError(
                f"more than {MOST_PAIRS:,} pairs of channels have to be looked at",
                where=f"network {self.graph.name!r}",
                fix="fewer channels or classes: how they mix does not depend on how many they are",
            )

    @staticmethod
    def _entering(inside: Sequence[Node]) -> list[str]:
        """The layers outside that are read inside, and the images inside."""
        names = {node.name for node in inside}
        reads = (n for node in inside for n in (node.inputs or (node.name,)))
        images = {node.name for node in inside if not node.inputs}
        return [name for name in dict.fromkeys(reads) if name not in names or name in images]

    def _each(self, node: Node) -> int:
        """How many neighbouring elements of a vector are pixels of one channel."""
        if len(node.shape) != 1 or not node.inputs or _computes(node):
            return 1
        if not node.layer.structure_known:
            return 1
        if type(node.layer).reads is Layer.reads:
            return self.each[node.inputs[0]]
        return node.layer.pixels(node.input_shapes)

    def _cells(self, node: Node) -> Reads:
        """What each cell depends on: what its first element does, and so all of them."""
        each = self.each[node.name]
        sizes = [self.each[name] for name in node.inputs]
        firsts = range(0, int(node.channels), each)
        elements = (node.layer.reads(channel, node.input_shapes) for channel in firsts)
        if each == 1 and set(sizes) <= {1}:
            return tuple(elements)
        return tuple(
            tuple(
                range(r.start // size, -(-r.stop // size))
                for r, size in zip(ranges, sizes, strict=True)
            )
            for ranges in elements
        )

    def _origin(self, node: Node, computed: int) -> Sequence[int]:
        """Where each cell was computed: here, numbered from `computed` on, or before."""
        if not node.layer.structure_known:
            return range(computed, computed + int(node.channels))
        reads = self.reads[node.name]
        if _computes(node) or not node.inputs or any(sum(map(len, r)) > 1 for r in reads):
            return range(computed, computed + len(reads))
        return tuple(
            next((self._origins[name][cell] for name, cell in pairs(node, ranges)), _ZEROS)
            for ranges in reads
        )


def _computes(node: Node) -> bool:
    return node.layer.ops(node.input_shapes, node.shape) != NO_OPS


def _reading(reads: Mapping[tuple[range, ...], int], given: Sequence[Matrix]) -> Reading:
    """Channels of one group read and depend on the same, which is looked at once."""
    most, counts, apart = 0, set(), True
    for ranges, row in reads.items():
        count = depends = 0
        for matrix, cells in zip(given, ranges, strict=True):
            own = [matrix.rows[cell].bit_count() for cell in cells]
            counts.update(own)
            count += matrix.each * len(own)
            depends += matrix.each * sum(own)
        most = max(most, count)
        apart = apart and depends == row.bit_count()
    return Reading(most, counts.pop() if apart and len(counts) == 1 else 0)


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
    sums: dict[tuple[int, range], int] = {}
    rows = []
    for ranges in channels:
        row = 0
        for key in enumerate(ranges):
            if key not in sums:
                number = 0
                for channel in key[1]:
                    number |= given[key[0]][channel]
                sums[key] = number
            row |= sums[key]
        rows.append(row)
    return rows
