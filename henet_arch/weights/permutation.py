"""The weights of a network for another that is the same but for the order of its channels.

A concatenation in another order, a channel shuffle in another direction, branches that run one
after the other: where the graphs of channels are isomorphic, each channel of ours is one of theirs,
and has its weights for what it reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..ir.dims import Shape, format_shape
from ..ir.graph import Graph, Node
from ..ir.tensors import held_by
from ..results.table import setting
from ..support.errors import SourceError
from .channels import Channels
from .isomorphism import NoIsomorphismError, isomorphism
from .recipe import Piece, Recipe

_FIX = "the weights of a network with the same layers, whose channels may have any order"


def recipes(theirs: Graph, ours: Graph) -> dict[str, Recipe]:
    """What each tensor of our network is made of, so that both networks give the same.

    A bias that our network alone has is of zeros.

    Args:
        theirs: The network that the weights are of.
        ours: The network that they are for.

    Raises:
        SourceError: the networks are not the same up to the order of channels.
        LimitError: they have too many channels.
    """
    pair = _Pair(Channels(theirs), Channels(ours))
    return {name: recipe for node in ours for name, recipe in pair.recipes(node)}


def compute_the_same(theirs: Graph, ours: Graph, owners: Mapping[str, str]) -> bool:
    """Whether two networks give the same with the same weights, each channel with its own.

    Args:
        theirs: The network that the weights are of.
        ours: The network that they are for.
        owners: The layers of theirs whose weights those of ours have.

    Raises:
        LimitError: they have too many channels.
    """
    numbers: dict[Hashable, int] = {}
    own = {node.name: node.name for node in theirs}
    return _outputs(Channels(theirs), own, numbers) == _outputs(Channels(ours), owners, numbers)


def _outputs(side: Channels, owners: Mapping[str, str], numbers: dict[Hashable, int]) -> list[int]:
    """A number for each output channel, the same where it is computed in the same way.

    What a channel reads with weights is told apart by its place among them.
    """
    values: list[int] = []
    for vertex in side.vertices:
        node = side.graph.nodes[vertex.node]
        reads = [(way, values[other]) for way, other in vertex.edges]
        weights = (owners.get(node.owner), vertex.channel) if held_by(node) else ()
        if not weights:
            reads.sort(key=repr)
        key = (vertex.colour, weights, tuple(reads))
        values.append(numbers.setdefault(key, len(numbers)))
    return values[-sum(int(side.graph[name].channels) for name in side.graph.outputs) :]


class _Twin(NamedTuple):
    """A channel of a layer of ours, and the one of theirs that stands for it."""

    ours: int
    theirs: int
    columns: tuple[int, ...]
    """Where theirs reads what ours reads, in the order in which ours does."""


class _Pair:
    """Two networks with a channel of theirs for each of ours."""

    def __init__(self, theirs: Channels, ours: Channels) -> None:
        self._theirs, self._ours = theirs, ours
        self._counterparts = _counterparts(theirs, ours)
        self._columns: dict[tuple[int, int], tuple[int, ...]] = {}

    def recipes(self, node: Node) -> Iterator[tuple[str, Recipe]]:
        """What the tensors of a layer of ours are made of."""
        held = {} if node.shares else held_by(node)
        if not held:
            return
        twins = self._twins(node)
        self._check(node, [self._theirs.graph[other] for other in twins])
        for name, shape in held.items():
            pieces = (self._pieces(name, other, each) for other, each in twins.items())
            made = tuple(piece for each in pieces for piece in each)
            yield f"{node.name}.{name}", Recipe(shape, _groups(node, shape), made)

    def _twins(self, node: Node) -> dict[str, list[_Twin]]:
        """The channels of a layer, by the layers that hold the weights of theirs."""
        result: dict[str, list[_Twin]] = {}
        for channel, vertex in enumerate(self._ours.of[node.name]):
            counterpart = self._counterparts[vertex]
            twin = self._theirs.vertices[counterpart]
            other = self._theirs.graph.nodes[twin.node].owner
            columns = self._read(vertex, counterpart)
            result.setdefault(other, []).append(_Twin(channel, twin.channel, columns))
        return result

    def _read(self, vertex: int, counterpart: int) -> tuple[int, ...]:
        """Where theirs reads what ours does; () for one that reads a channel alone."""
        ours, theirs = self._ours.group(vertex), self._theirs.group(counterpart)
        if ours is None or theirs is None:
            return ()
        if (ours, theirs) not in self._columns:
            places: dict[int, list[int]] = {}
            for place, (_, read) in enumerate(self._theirs.vertices[theirs].edges):
                places.setdefault(read, []).append(place)
            self._columns[ours, theirs] = tuple(
                places[self._counterparts[read]].pop(0)
                for _, read in self._ours.vertices[ours].edges
            )
        return self._columns[ours, theirs]

    def _check(self, node: Node, others: Sequence[Node]) -> None:
        """Refuse tensors that the layers of theirs do not have, or have more than once."""
        ours, title = held_by(node), _title(self._theirs, self._ours)
        for other in others:
            theirs = held_by(other)
            if differing := (theirs.keys() ^ ours.keys()) - ({"bias"} - theirs.keys()):
                name = min(differing)
                have = ("has", "none") if name in ours else ("has no", "one")
                raise SourceError(
                    f"{title}: they part at {node.name}",
                    why=f"it {have[0]} {name}, and {other.name} there has {have[1]}",
                    fix=_FIX,
                )
        if len(others) > 1 and (whole := [n for n, size in ours.items() if _is_whole(node, size)]):
            raise SourceError(
                f"{title}: they part at {node.name}",
                why=f"its one {whole[0]} would be those of {others[0].name} and {others[1].name}",
                fix=_FIX,
            )

    def _pieces(self, name: str, other: str, twins: Sequence[_Twin]) -> Iterator[Piece]:
        """The channels of a tensor that are in a layer of theirs."""
        owner = self._theirs.graph[other]
        shape = held_by(owner).get(name)
        if shape is None:
            return
        first = Piece(f"{other}.{name}", shape, _groups(owner, shape), (), ())
        if _is_whole(owner, shape):
            channels = tuple(range(int(shape[0])))
            yield first._replace(ours=channels, theirs=channels)
            return
        alike: dict[tuple[int, ...], list[_Twin]] = {}
        for twin in twins:
            alike.setdefault(twin.columns if len(shape) > 1 else (), []).append(twin)
        for columns, each in alike.items():
            yield first._replace(
                ours=tuple(twin.ours for twin in each),
                theirs=tuple(twin.theirs for twin in each),
                columns=columns,
            )


def _groups(node: Node, shape: Shape) -> int:
    """The groups of a layer, where a tensor of that shape has the input's channels first."""
    is_first = node.layer.input_first and len(shape) > 1
    return int(node.channels) // int(shape[1]) if is_first else 0


def _is_whole(node: Node, shape: Shape) -> bool:
    """Whether a tensor is not one of channels."""
    by_channel = _groups(node, shape) or shape[0] == node.channels
    return not (node.layer.structure_known and by_channel)


def _counterparts(theirs: Channels, ours: Channels) -> dict[int, int]:
    """For each vertex of ours, one of theirs."""
    ways: dict[Hashable, int] = {}
    colours = _colours(theirs, ours, ways)
    first = len(theirs.vertices)
    _check(theirs, ours, colours)
    neighbours: list[list[tuple[int, int]]] = [[] for _ in colours]
    for start, side in ((0, theirs), (first, ours)):
        for number, vertex in enumerate(side.vertices, start):
            for way, other in vertex.edges:
                neighbours[number].append((2 * ways[way], start + other))
                neighbours[start + other].append((2 * ways[way] + 1, number))
    try:
        pairs = isomorphism(colours, neighbours, first)
    except NoIsomorphismError as error:
        failed = min((v - first for v in error.vertices if v >= first), default=0)
        name = ours.graph.nodes[ours.vertices[failed].node].name
        none = "no order of channels" if error.certain else "none of the orders that were tried"
        raise SourceError(
            f"{_title(theirs, ours)}: {none} fits {name} and the layers around it", fix=_FIX
        ) from None
    return {vertex - first: other for vertex, other in pairs.items()}


def _colours(theirs: Channels, ours: Channels, ways: dict[Hashable, int]) -> list[int]:
    """The same number for vertices that compute the same of the inputs, whatever the weights are.

    Args:
        ways: Gets a number for every way to be read.
    """
    numbers: dict[Hashable, int] = {}
    result: list[int] = []
    for side in (theirs, ours):
        own: list[int] = []
        for vertex in side.vertices:
            reads = sorted(
                (ways.setdefault(way, len(ways)), own[other]) for way, other in vertex.edges
            )
            own.append(numbers.setdefault((vertex.colour, tuple(reads)), len(numbers)))
        result += own
    return result


def _check(theirs: Channels, ours: Channels, colours: Sequence[int]) -> None:
    """Refuse networks of which one computes what the other does not, at the first such layer."""
    first = len(theirs.vertices)
    counts = Counter(colours[first:]), Counter(colours[:first])
    if counts[0] == counts[1]:
        return
    here = _parting(ours, colours[first:], counts[0] - counts[1])
    there = _parting(theirs, colours[:first], counts[1] - counts[0])
    nodes = [node for node in (here, there) if node]
    what, other = _described(here), _described(there)
    raise SourceError(
        f"{_title(theirs, ours)}: they part at {nodes[0].name}",
        why=f"what it reads is computed otherwise than what {nodes[-1].name} reads there"
        if what == other
        else f"{_named(here, what)} here, {_named(there, other)} there",
        fix=_FIX,
    )


def _title(theirs: Channels, ours: Channels) -> str:
    return f"{ours.graph.name} is not {theirs.graph.name} with its channels in another order"


def _parting(side: Channels, colours: Sequence[int], more: Counter[int]) -> Node | None:
    """The first layer that computes what the other network does not."""
    for vertex, colour in zip(side.vertices, colours, strict=True):
        if more[colour]:
            return side.graph.nodes[vertex.node]
    return None


def _described(node: Node | None) -> str:
    """A layer with its settings and shapes."""
    if node is None:
        return ""
    settings = (f" {name} {setting(value)}" for name, value in node.layer.notable().items())
    shapes = " and ".join(map(format_shape, node.input_shapes)) or "no input"
    return f"{node.layer.kind}{','.join(settings)} ({shapes} -> {format_shape(node.shape)})"


def _named(node: Node | None, described: str) -> str:
    return f"{node.name} is {described}" if node else "nothing of the kind"
