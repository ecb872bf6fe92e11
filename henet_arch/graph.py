"""The layer graph: immutable, in an order in which it can be run, and a networkx graph at once.

Each node of `Graph.nx` carries its `Node` as `node`; each edge's key is the operand's index, so
that `add(x, x)` keeps both edges and `concat(a, b)` keeps their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from keyword import iskeyword
from typing import TYPE_CHECKING, NamedTuple

from .dims import Dim, Shape, show
from .errors import GraphError, GroupingError, ShapeError, UnknownNameError, nearest
from .layer import Layer

if TYPE_CHECKING:
    from networkx import MultiDiGraph

_LONGEST_NAME = 200
_NAME_FIX = "identifiers joined by dots and no words of Python, such as stage1.block2.conv1"


class Decision(NamedTuple):
    """Why a layer is as it is."""

    rule: str
    """The rule's name, such as `nearest-divisors`."""
    reason: str
    """What it decided, with its numbers."""
    source: str
    """Section, equation or table that asks for it."""


class Node(NamedTuple):
    """A layer at its place in a graph."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    because: tuple[Decision, ...] = ()
    printed: Layer | None = None
    """The layer as the source's own table prints it, where that differs from the one built."""

    @property
    def channels(self) -> Dim:
        """The first size of the output: channels of a map, features of a vector."""
        return self.shape[0]


class Graph:
    """A network as layers and the maps between them, in an order in which it can be run."""

    def __init__(self, name: str, family: str, nodes: Mapping[str, Node]) -> None:
        self.name = name
        self.family = family
        self.nodes = tuple(nodes.values())
        self._named = nodes

    @cached_property
    def nx(self) -> MultiDiGraph[str]:
        """The network as a plain networkx graph, frozen.

        It is made when it is first asked for and kept: to import networkx and to fill its
        dictionaries takes longer than to build and count a network that is only printed.
        """
        import networkx

        held: MultiDiGraph[str] = networkx.MultiDiGraph(name=self.name)
        for node in self:
            held.add_node(node.name, node=node)
            for index, operand in enumerate(node.inputs):
                held.add_edge(operand, node.name, index)
        frozen: MultiDiGraph[str] = networkx.freeze(held)
        return frozen

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def __getitem__(self, name: str) -> Node:
        if name not in self:
            raise UnknownNameError(
                f"network {self.name!r} has no layer {name!r}", fix=nearest(name, self._named)
            )
        return self._named[name]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        return (self.name, self.family, self.nodes) == (other.name, other.family, other.nodes)

    def __hash__(self) -> int:
        return hash((self.name, self.family, self.nodes))

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {len(self)} layers, {show(self.input_shape)} -> " + (
            f"{show(self.output_shape)}>"
        )

    @property
    def input_shape(self) -> Shape:
        """The first node's shape, `(C, H, W)`."""
        return self.nodes[0].shape

    @property
    def output_shape(self) -> Shape:
        """The last node's shape."""
        return self.nodes[-1].shape


class GraphBuilder:
    """Adds nodes one by one, each checked and its shape inferred at once."""

    def __init__(self, name: str, family: str) -> None:
        self.name = name
        self.family = family
        self._nodes: dict[str, Node] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def __getitem__(self, name: str) -> Node:
        """The node `name`.

        Raises:
            GraphError: it has not been added.
        """
        if name not in self._nodes:
            raise GraphError(f"{name!r} is not a layer so far", fix=nearest(name, self._nodes))
        return self._nodes[name]

    def add(
        self,
        name: str,
        layer: Layer,
        inputs: Sequence[Node] = (),
        because: tuple[Decision, ...] = (),
        printed: Layer | None = None,
    ) -> Node:
        """Add `layer` under the scoped `name`, reading `inputs` in that order.

        Raises:
            GraphError: a bad or repeated name, a foreign operand, or a wrong number of them.
            ShapeError: the layer does not fit its inputs.
        """
        nodes = self._nodes
        if name in nodes:
            raise GraphError(f"two layers are named {name!r}")
        if not _is_name(name):
            raise GraphError(f"{name[:99]!r} is not a layer name", fix=_NAME_FIX)
        for operand in inputs:
            if nodes.get(operand.name) is not operand:
                raise GraphError(f"{operand.name!r}, which {name!r} reads, is of another graph")
        fewest, most = layer.arity
        if len(inputs) < fewest or (most is not None and len(inputs) > most):
            wanted = fewest if fewest == most else f"at least {fewest}"
            raise GraphError(f"{layer.kind} takes {wanted} inputs, not {len(inputs)}", where=name)
        shapes = tuple([operand.shape for operand in inputs])
        try:
            shape = layer.infer(*shapes)
        except ShapeError as error:
            error.where = f"{name}, input {', '.join(map(show, shapes)) or 'none'}"
            error.why = _why(error, because)
            raise
        operands = tuple([operand.name for operand in inputs])
        nodes[name] = node = Node(name, layer, operands, shapes, shape, because, printed)
        return node

    def finish(self) -> Graph:
        """The graph as it stands; its last node is its output.

        Raises:
            GraphError: there is no node.
        """
        if not self._nodes:
            raise GraphError(f"network {self.name!r} has no layers")
        return Graph(self.name, self.family, self._nodes.copy())


def _is_word(text: str) -> bool:
    return text.isascii() and text.isidentifier() and not iskeyword(text)


@lru_cache(maxsize=8192)  # networks share most of their names
def _is_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and all(map(_is_word, name.split(".")))


def _why(error: ShapeError, because: tuple[Decision, ...]) -> str:
    """The reason that chose what does not fit: groups are decided first, padding last."""
    if not because:
        return ""
    decision = because[0 if isinstance(error, GroupingError) else -1]
    return f"{decision.reason} ({decision.source})"
