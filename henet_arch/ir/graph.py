"""The layer graph: immutable, in an order in which it can be run, and a networkx graph at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from keyword import iskeyword
from typing import TYPE_CHECKING, NamedTuple, cast

from ..support.errors import GraphError, GroupingError, ShapeError, UnknownNameError, nearest
from ..support.limits import LONGEST_TITLE, TITLE
from .attributes import LARGEST
from .dims import Dim, Shape, format_shape, plain_ints
from .element_type import FLOAT32, ElementType
from .layer import Layer
from .scope import parent, scopes, words

if TYPE_CHECKING:
    from networkx import MultiDiGraph

_LONGEST_NAME = 200
_LONGEST_ORIGINAL = 1000
_NAME_FIX = "identifiers joined by dots and no words of Python, such as stage1.block2.conv1"


SOURCE = "source"
"""The rule of a decision that somebody else made: the reason is a line of their file."""


class Place(NamedTuple):
    """A line of a file, from 1 on."""

    file: str
    line: int


class Decision(NamedTuple):
    """Why a layer is as it is."""

    rule: str
    """The rule's name, such as `nearest-divisors`."""
    reason: str
    """What it decided, with its numbers."""
    source: str
    """Section, equation or table that asks for it; a file and its line, such as `net.py:12`."""

    @property
    def place(self) -> Place | None:
        """Where the layer stands in the file that the network comes from, if that is known."""
        file, _, line = self.source.rpartition(":")
        is_place = self.rule == SOURCE and file and re.fullmatch("[1-9][0-9]{0,8}", line)
        return Place(file, int(line)) if is_place else None


class Remark(Decision):
    """What somebody wrote beside a layer: it explains the layer, and chose none of its numbers."""

    __slots__ = ()


class AsPublished(NamedTuple):
    """A layer as the source's own table prints it, where that differs from the one built."""

    layer: Layer
    input_shapes: tuple[Shape, ...]


class Node(NamedTuple):
    """A layer at its place in a graph."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    because: tuple[Decision, ...] = ()
    as_published: AsPublished | None = None
    element_type: ElementType = FLOAT32
    """Of the output's elements and of the layer's weights."""
    original: str = ""
    """What the layer is called where the network comes from, if that is another name."""
    shares: str = ""
    """The earlier layer whose weights it uses, where it is that one applied again."""

    @property
    def owner(self) -> str:
        """The layer by whose name its weights are kept: mostly its own."""
        return self.shares or self.name

    @property
    def place(self) -> Place | None:
        """Where it stands in the file that the network comes from, if that is known."""
        return next(filter(None, (decision.place for decision in self.because)), None)

    @property
    def channels(self) -> Dim:
        """The first size of the output: channels of a map, features of a vector."""
        return self.shape[0]


@dataclass(frozen=True, repr=False)
class Graph:
    """A network as layers and the maps between them, in an order in which it can be run.

    Graphs come from a `GraphBuilder`, which has checked every node.

    Attributes:
        name: The network's name.
        family: The family whose rules have built it; None where none has.
        nodes: Its layers, each behind those that it reads.
        outputs: The names of the layers that the network gives, the main one first.
        gives_features: Whether they are its feature maps, one for each of some strides.
    """

    name: str
    family: str | None
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    gives_features: bool = False

    @cached_property
    def nx(self) -> MultiDiGraph[str]:
        """The network as a plain networkx graph, frozen.

        A node's key is the layer's name, and its attributes are plain: `kind` and `shape`. An
        edge's key is the index of the operand, so that `add(x, x)` keeps both edges and
        `concat(a, b)` their order. The graph is made when it is first asked for and kept: to import
        networkx and fill its dictionaries takes longer than to build and count a network.
        """
        import networkx

        held: MultiDiGraph[str] = networkx.MultiDiGraph(name=self.name)
        for node in self:
            held.add_node(node.name, kind=node.layer.kind, shape=format_shape(node.shape))
            for index, operand in enumerate(node.inputs):
                held.add_edge(operand, node.name, index)
        frozen: MultiDiGraph[str] = networkx.freeze(held)
        return frozen

    @cached_property
    def live(self) -> frozenset[str]:
        """The layers that an output depends on."""
        live = set(self.outputs)
        for node in reversed(self.nodes):
            if node.name in live:
                live.update(node.inputs)
        return frozenset(live)

    @cached_property
    def readers(self) -> dict[str, tuple[Node, ...]]:
        """The layers that read each layer, in order, each once."""
        result: dict[str, list[Node]] = {node.name: [] for node in self}
        for node in self:
            for name in dict.fromkeys(node.inputs):
                result[name].append(node)
        return {name: tuple(nodes) for name, nodes in result.items()}

    @cached_property
    def positions(self) -> dict[str, int]:
        """The index of each layer in the running order."""
        return {node.name: index for index, node in enumerate(self)}

    def inside(self, scope: str | None) -> tuple[Node, ...]:
        """The layers of a scope, or the layer of that name; all for None.

        Args:
            scope: A stage, a block or a layer, as `stage1.block2`.

        Raises:
            UnknownNameError: there is none.
        """
        if scope is None:
            return self.nodes
        if scope in self._named:
            return (self._named[scope],)
        if scope not in self._scopes:
            raise UnknownNameError(
                f"network {self.name!r} has no layer or block {scope[:99]!r}",
                fix=nearest(scope, [*self._named, *self._scopes]),
            )
        return tuple(self._scopes[scope])

    @cached_property
    def _scopes(self) -> dict[str, list[Node]]:
        result: dict[str, list[Node]] = {}
        for node in self:
            for name in scopes(node.name):
                result.setdefault(name, []).append(node)
        return result

    @cached_property
    def _named(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def __getitem__(self, name: str) -> Node:
        if name not in self:
            raise UnknownNameError(
                f"network {self.name!r} has no layer {name!r}", fix=nearest(str(name), self._named)
            )
        return self._named[name]

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {len(self)} layers, {self.signature}>"

    @property
    def input_shape(self) -> Shape:
        """The first node's shape, `(C, H, W)`."""
        return self.nodes[0].shape

    @property
    def output_shape(self) -> Shape:
        """The shape of the main output."""
        return self[self.outputs[0]].shape

    @property
    def signature(self) -> str:
        """From the input's shape to those of the outputs: `3x31x31 -> 10`."""
        given = ", ".join(format_shape(self[name].shape) for name in self.outputs)
        return f"{format_shape(self.input_shape)} -> {given}"


class GraphBuilder:
    """Adds nodes one by one, each checked and its shape inferred at once.

    Args:
        name: The network's name: letters, digits, - and _.
        family: The family whose rules build it; None for a network made by hand.

    Raises:
        GraphError: a name is no name.
    """

    def __init__(self, name: str, family: str | None = None) -> None:
        _check_titles(name, family)
        self.name = name
        self.family = family
        self._nodes: dict[str, Node] = {}
        self._scopes = {""}

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def last(self) -> Node:
        """The node that was added last."""
        return next(reversed(self._nodes.values()))

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
        inputs: Node | Sequence[Node] = (),
        because: tuple[Decision, ...] = (),
        as_published: AsPublished | None = None,
        element_type: ElementType | None = None,
        original: str = "",
        shares: str = "",
    ) -> Node:
        """Add `layer` under the scoped `name`, reading `inputs` in that order.

        Args:
            name: identifiers joined by dots; `foreign_names.layer_names` makes such of any.
            layer: what it does.
            inputs: one node that this builder gave, or several in their order.
            because: the decisions that chose it.
            as_published: the layer as the source prints it, where that differs.
            element_type: of its output and weights; by default its first input's, or float32.
            original: its name where the network comes from.
            shares: the earlier layer that it is applied again, with the same weights.

        Raises:
            GraphError: a bad or repeated name, a foreign operand, or a wrong number of them.
            ShapeError: the layer does not fit its inputs.
        """
        self._enter(name)
        operands = self._own(inputs, name)
        shapes = tuple([node.shape for node in operands])
        _check_count(name, layer, len(shapes))
        shape = _inferred(name, layer, shapes, because)
        if as_published:
            _check_published(name, as_published, shape)
        node = Node(
            name,
            layer,
            tuple([node.name for node in operands]),
            shapes,
            shape,
            because,
            as_published,
            element_type or (operands[0].element_type if operands else FLOAT32),
            _checked_original(name, original) if original else "",
            self._owner(name, layer, shares) if shares else "",
        )
        self._nodes[name] = node
        return node

    def finish(self, outputs: Node | Sequence[Node] = (), *, gives_features: bool = False) -> Graph:
        """The graph as it stands; without `outputs` its last node is its output.

        Args:
            outputs: one node, or several, the main one first.
            gives_features: whether they are feature maps.

        Raises:
            GraphError: there is no node, or an output is foreign or stands there twice.
        """
        if not self._nodes:
            raise GraphError(f"network {self.name!r} has no layers")
        nodes = tuple(self._nodes.values())
        given = tuple(node.name for node in self._own(outputs, "the outputs") or nodes[-1:])
        if len(set(given)) < len(given):
            raise GraphError(f"network {self.name!r} has one output twice", where=", ".join(given))
        return Graph(self.name, self.family, nodes, given, gives_features)

    def _own(self, nodes: Node | Sequence[Node], reader: str) -> Sequence[Node]:
        """Nodes of this graph, one by one.

        Raises:
            GraphError: one is no node, or another graph's.
        """
        listed = cast("Sequence[Node]", (nodes,) if isinstance(nodes, Node) else nodes)
        for node in listed:
            if not isinstance(node, Node):
                fix = "what `add` gives, or builder[name]"
                raise GraphError(f"{node!r:.99} is no node of a graph", where=reader, fix=fix)
            if self._nodes.get(node.name) is not node:
                raise GraphError(f"{node.name!r} is of another graph", where=reader)
        return listed

    def _owner(self, name: str, layer: Layer, shares: str) -> str:
        """The layer that keeps the weights which `layer` has in common with `shares`.

        Raises:
            GraphError: there is none, or its weights are others.
        """
        owner = self[self[shares].owner]
        if owner.layer.weights() != layer.weights() or owner.layer.buffers() != layer.buffers():
            raise GraphError(f"{name!r} has other weights than {shares!r}, and cannot share them")
        return owner.name

    def _enter(self, name: str) -> None:
        """Refuse the name where it is none, or not free."""
        if name in self._nodes or not is_name(name) or parent(name) not in self._scopes:
            self._enter_scope(name)
        if name in self._scopes:
            raise GraphError(f"{name!r} is a scope with layers inside, and cannot be one")

    def _enter_scope(self, name: str) -> None:
        """Refuse the name, or remember the scopes that it is the first one in."""
        if not is_name(name):
            raise GraphError(f"{name[:99]!r} is not a layer name", fix=_NAME_FIX)
        if name in self._nodes:
            raise GraphError(f"two layers are named {name!r}")
        around = scopes(name)
        if layers := [scope for scope in around if scope in self._nodes]:
            raise GraphError(f"{layers[0]!r} is a layer, and {name!r} would be inside it")
        self._scopes.update(around)


def _inferred(
    name: str, layer: Layer, shapes: tuple[Shape, ...], because: tuple[Decision, ...]
) -> Shape:
    try:
        shape = plain_ints(layer.infer(*shapes))
        if any(isinstance(size, int) and size > LARGEST for size in shape):
            raise ShapeError("a size is above 10^36", fix="smaller factors, strides or widths")
        return shape
    except ShapeError as error:
        error.where = f"{name}, input {', '.join(map(format_shape, shapes)) or 'none'}"
        error.why = _why(error, because) or error.why
        raise


def _check_published(name: str, as_published: AsPublished, shape: Shape) -> None:
    _check_count(name, as_published.layer, len(as_published.input_shapes))
    if as_published.layer.infer(*as_published.input_shapes) != shape:
        raise GraphError(f"layer {name!r} has another shape in print than in the network")


def _checked_original(name: str, original: str) -> str:
    if len(original) > _LONGEST_ORIGINAL:
        raise GraphError(
            f"the original name of {name!r} is longer than {_LONGEST_ORIGINAL} characters"
        )
    return original if original != name else ""


def _is_word(text: str) -> bool:
    return text.isascii() and text.isidentifier() and not iskeyword(text)


@lru_cache(maxsize=8192)  # networks share most of their names
def is_name(name: str) -> bool:
    """Whether it is identifiers joined by dots, and no word of Python among them."""
    return len(name) <= _LONGEST_NAME and all(map(_is_word, words(name)))


def check_names(graph: Graph) -> None:
    """Refuse names that no builder would take, before they are written as text that runs.

    Raises:
        GraphError: the name of the graph, of its family or of a layer is not one.
    """
    _check_titles(graph.name, graph.family)
    for node in graph:
        if not is_name(node.name):
            raise GraphError(f"{node.name[:99]!r} is not a layer name", fix=_NAME_FIX)


def _check_count(name: str, layer: Layer, count: int) -> None:
    """Refuse what is no layer, or a wrong number of inputs."""
    if not isinstance(layer, Layer):
        raise GraphError(
            f"{layer!r:.99} is no layer", where=name, fix="one of henet_arch.ir.layers"
        )
    fewest, most = layer.arity
    if count < fewest or (most is not None and count > most):
        wanted = fewest if fewest == most else f"at least {fewest}"
        raise GraphError(f"{layer.kind} takes {wanted} inputs, not {count}", where=name)


def is_title(text: str) -> bool:
    """Whether a network or a family can be called so."""
    return len(text) <= LONGEST_TITLE and re.fullmatch(TITLE, text) is not None


def _check_titles(*titles: str | None) -> None:
    for title in titles:
        if title is not None and not is_title(title):
            raise GraphError(f"{title[:99]!r} is not a name: letters, digits, - and _")


def _why(error: ShapeError, because: tuple[Decision, ...]) -> str:
    """The reason that chose what does not fit: groups are decided first, padding last.

    A bias fits everywhere, and a remark chooses nothing.
    """
    because = tuple(d for d in because if d.rule != "bias" and not isinstance(d, Remark))
    if not because:
        return ""
    chosen = because[0 if isinstance(error, GroupingError) else -1]
    alike = dict.fromkeys(d for d in because if d.rule == chosen.rule)
    return "; ".join(f"{d.rule}: {d.reason} ({d.source})" for d in alike)
