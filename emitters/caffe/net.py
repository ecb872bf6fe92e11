"""A graph as layers of Caffe: their names, their blobs, and which change them in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...importers._caffe.message import Message
from ...ir.element_type import FLOAT32
from ...ir.graph import Graph, Node
from ...ir.scope import words
from ...support.errors import EmitError
from .._opaque import refuse_opaque
from .dialects import Dialect, with_

FACTOR = ""
"""The third blob of a BatchNorm, which divides the others and is no tensor of ours."""


@dataclass(frozen=True)
class CaffeLayer:
    """One `layer { ... }`."""

    name: str
    kind: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    settings: Mapping[str, Message] = field(default_factory=dict)
    """By their name, such as `convolution_param`."""
    tensors: tuple[str, ...] = ()
    """What its blobs are, by state-dict key, or `FACTOR`."""
    node: str = ""
    """The layer of the graph that it belongs to."""
    shared: tuple[str, ...] = ()
    """The names of its parameters, where layers share them."""


Row = Callable[["Site"], object]
"""Enters the layers that one of the graph becomes."""


class Net:
    """The layers of a graph, in its order.

    Attributes:
        layers: All of them; inputs first.
        blobs: What each layer of the graph gives, by its name.
        givers: The layer that gives it, and which of that layer's tops it is.

    Raises:
        EmitError: Caffe cannot hold a layer or a size.
    """

    def __init__(self, graph: Graph, rows: Mapping[str, Row], dialect: Dialect) -> None:
        self.graph = graph
        self.dialect = dialect
        self.layers: list[CaffeLayer] = []
        self.blobs: dict[str, str] = {}
        self.givers: dict[str, tuple[str, int]] = {}
        self._names = {slashed(node.name) for node in graph}
        self._owners = {node.shares for node in graph if node.shares}
        self._last: dict[str, CaffeLayer] = {}
        """What has given each blob last."""
        self._read: set[tuple[str, str]] = set()
        """Blobs that are read, each with the layer that has given it."""
        for node in graph:
            if node.name not in self.blobs:
                self._add(Site(self, node), rows)
        self._end()

    @property
    def inputs(self) -> dict[str, str]:
        """The blob of each input, by its name in the graph."""
        return {node.name: self.blobs[node.name] for node in self.graph if not node.inputs}

    def fresh(self, wanted: str) -> str:
        """A name that nothing has, and that nothing gets after this."""
        name, number = wanted, 2
        while name in self._names:
            name, number = f"{wanted}_{number}", number + 1
        self._names.add(name)
        return name

    def append(self, layer: CaffeLayer) -> None:
        """Enter a layer."""
        for blob in layer.bottoms:
            self._read.add((blob, self._last[blob].name))
        for blob in layer.tops:
            self._last[blob] = layer
        self.layers.append(layer)

    def parameters(self, node: Node, tensors: Sequence[str]) -> tuple[str, ...]:
        """Names for what a layer shares with others; none where it shares nothing."""
        if node.owner not in self._owners:
            return ()
        owner = slashed(node.owner)
        return tuple(f"{owner}/{tensor or 'factor'}" for tensor in tensors)

    def is_free(self, node: Node, kind: str) -> bool:
        """Whether a layer of that type may change in place what `node` reads.

        Nobody else may read it, and what has given it must not need it for its gradient.
        """
        source = node.inputs[0]
        if self.graph.readers[source] != (node,) or source in self.graph.outputs:
            return False
        giver = self._last[self.blobs[source]].kind
        return giver in _GIVERS or (giver, kind) == ("ReLU", "Dropout")

    def _add(self, site: Site, rows: Mapping[str, Row]) -> None:
        node = site.node
        try:
            site.check()
            if node.layer.kind not in rows:
                raise site.refused(f"Caffe has no layer that computes {node.layer.kind}")
            rows[node.layer.kind](site)
        except EmitError as error:
            error.where = error.where or node.name
            raise

    def _end(self) -> None:
        """Let nobody read the outputs, the main one last, and silence all else that is unread.

        Outputs that others read too, or that are in another order, get a `Split` at the end.
        """
        ends = {name: (self.blobs[name], self.givers[name][0]) for name in self.graph.outputs}
        given = [(blob, layer.name) for layer in self.layers for blob in layer.tops]
        unread = {end: place for place, end in enumerate(given) if end not in self._read}
        for end in unread:
            if end not in ends.values():  # one layer for each, since OpenCV takes no two shapes
                self.append(CaffeLayer(self.fresh("silence"), "Silence", end[:1], ()))
        before, in_order = -1, True
        for name in (*self.graph.outputs[1:], self.graph.outputs[0]):
            place, top = unread.get(ends[name], -1), self.givers[name][1]
            in_order = in_order and place > before and top == 0
            before = place
            if not in_order:
                self._split(name)

    def _split(self, name: str) -> None:
        """Give an output once more, under a name of its own."""
        top = self.fresh(f"{slashed(name)}_output")
        self.append(CaffeLayer(top, "Split", (self.blobs[name],), (top,), node=name))
        self.givers[name] = (top, 0)


_GIVERS = frozenset(
    {
        "BatchNorm", "Bias", "Concat", "Convolution", "Deconvolution", "Eltwise", "InnerProduct",
        "PReLU", "Pooling", "Scale", "ShuffleChannel",
    }
)  # fmt: skip
"""Layers whose gradient does not need what they give, so that the next one may change it."""


_ELSEWHERE = "another target: torch, onnx or c"


@dataclass(frozen=True)
class Site:
    """A layer of the graph as it is written."""

    net: Net
    node: Node

    @property
    def layer(self) -> Any:
        """The layer; its row knows of which kind it is."""
        return self.node.layer

    @property
    def dialect(self) -> Dialect:
        return self.net.dialect

    @property
    def bottoms(self) -> tuple[str, ...]:
        """The blobs that it reads."""
        return tuple(self.net.blobs[name] for name in self.node.inputs)

    def add(
        self,
        kind: str,
        *,
        bottoms: Sequence[str] | None = None,
        tensors: Sequence[str] = (),
        suffix: str = "",
        in_place: bool = False,
        **settings: Message,
    ) -> str:
        """Enter a layer, and give the blob that it gives.

        Args:
            kind: Its type.
            bottoms: What it reads; by default what the layer of the graph reads.
            tensors: The names of its blobs among the tensors of the layer of the graph.
            suffix: What is added to its name, where another layer has the plain one.
            in_place: Whether it changes what it reads, where it may.
            settings: By their name; empty ones are left out.
        """
        self.need(kind)
        name = slashed(self.node.name)
        if suffix:
            name = self.net.fresh(f"{name}_{suffix}")
        read = tuple(self.bottoms if bottoms is None else bottoms)
        stays = in_place and (bottoms is not None or self.net.is_free(self.node, kind))
        layer = CaffeLayer(
            name,
            kind,
            read,
            (read[0] if stays else name,),
            {key: message for key, message in settings.items() if message.fields},
            tuple(f"{self.node.owner}.{tensor}" if tensor else FACTOR for tensor in tensors),
            self.node.name,
            self.net.parameters(self.node, tensors),
        )
        self.enter(layer)
        return layer.tops[0]

    def enter(self, layer: CaffeLayer) -> None:
        """Enter a layer whose first top is what the layer of the graph gives."""
        self.net.append(layer)
        self.net.blobs[self.node.name] = layer.tops[0]
        self.net.givers[self.node.name] = (layer.name, 0)

    def check(self) -> None:
        """Refuse what no layer of Caffe can be.

        Raises:
            EmitError: its numbers are no floats, its sizes no numbers, or nobody knows what it is.
        """
        node = self.node
        if node.element_type != FLOAT32:
            raise self.refused(
                f"these elements are {node.element_type.name}",
                why="Caffe computes in float32",
                fix="the network in float32",
            )
        if not all(isinstance(size, int) for size in node.shape):
            raise self.refused("a size is left open", fix="a network whose sizes are numbers")
        refuse_opaque(node)

    def need(self, what: str) -> None:
        """Refuse a type of layer, or a setting, that only another dialect has.

        Raises:
            EmitError: it is one.
        """
        others = with_(what)
        if others and what not in self.dialect.has:
            raise self.refused(
                f"{self.dialect.title} has no {what}",
                fix=f"option dialect={others[0]}, or {_ELSEWHERE}",
            )

    def refused(self, what: str, why: str = "", fix: str = _ELSEWHERE) -> EmitError:
        """The error of a layer that Caffe cannot hold."""
        return EmitError(what, where=self.node.name, why=why, fix=fix)


def slashed(name: str) -> str:
    """A layer's name as Caffe's networks have it, with slashes between scopes."""
    return "/".join(words(name))
