"""Networks of which numbers can be left open: specs, by their rules, and graphs, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..importers.load import Source, load, resolve, spec_of
from ..ir.dims import Dim
from ..ir.graph import Graph, Node
from ..ir.layer import Layer
from ..ir.layers import Input
from ..ir.transform import with_layers
from ..spec import build as engine
from ..spec.spec import Spec
from ..support.errors import HenetArchError, LimitError, SpecError, nearest
from .names import GROUPS, changes, numbers, place

_MOST_BLOCKS = 1000
"""Blocks whose repeats are numbers: symbols take a hundred times as long as numbers."""
_MOST_LAYERS = 10_000


class Openable(Protocol):
    """A network of which some numbers can be left open."""

    def __hash__(self) -> int:
        """Equal networks have equal formulas, which are remembered."""

    @property
    def title(self) -> str:
        """What the network is called."""

    @property
    def family(self) -> str | None:
        """The rules that it is made by, where it is made by any."""

    @property
    def scope(self) -> str:
        """What a number is refused in: `family henet`."""

    @property
    def kind(self) -> str:
        """What has the numbers: a spec."""

    @property
    def obstacle(self) -> str:
        """What needs a number where a symbol is refused."""

    @property
    def uncounted(self) -> frozenset[str]:
        """The names of the weights that add nothing to the parameters."""

    def numbers(self) -> dict[str, int]:
        """What can be a symbol, by name: C1, ..., r1, ..., H, W, K."""

    def why_closed(self, letter: str) -> str:
        """Why it has no number of that letter."""

    def expand(self, values: Mapping[str, Dim]) -> Graph:
        """The network with numbers or symbols in the places of those names."""

    def replace(self, values: Mapping[str, int]) -> Openable:
        """The same with other numbers."""

    def stage(self, name: str) -> str:
        """The stage whose blocks the repeats `name` count."""

    def limit(self, counts: list[str]) -> None:
        """Refuse what takes too long with symbols in it.

        Raises:
            LimitError: it is too long.
        """

    def dense(self) -> Openable | None:
        """The same with one group everywhere, where it can have that and has not."""


def openable(source: Source) -> Openable:
    """What `load` takes, as a network of which numbers can be left open.

    Raises:
        All that `load` raises.
    """
    network = resolve(source)
    if spec := spec_of(network):
        return OpenSpec(spec)
    model = load(network)
    return OpenGraph(model.graph, model.uncounted)


def chosen(source: Openable, words: Iterable[str]) -> tuple[str, ...]:
    """The names that `words` stand for: C1 is one, C all of that letter, channels too.

    Raises:
        SpecError: the network has no such number.
    """
    options = list(source.numbers())
    wanted: set[str] = set()
    for word in words:
        meant = [name for name in options if word in (name, name[0], GROUPS[name[0]])]
        if not meant:
            raise SpecError(
                f"{word!r} is no number of {source.title} that can be a symbol",
                key=word,
                why=source.why_closed(_letter(word)),
                fix=nearest(word, {*options, *(GROUPS[name[0]] for name in options)}),
            )
        wanted.update(meant)
    return tuple(name for name in options if name in wanted)


def _letter(word: str) -> str:
    """That of a number's name, or of a group's."""
    return next((letter for letter, group in GROUPS.items() if group == word), word[:1])


@dataclass(frozen=True)
class OpenSpec:
    """A spec: its rules run on symbols as they run on numbers."""

    spec: Spec
    uncounted: frozenset[str] = frozenset()
    kind = "spec"
    obstacle = "a rule compares or rounds it"

    @property
    def title(self) -> str:
        return self.spec.title

    @property
    def family(self) -> str:
        return self.spec.family

    @property
    def scope(self) -> str:
        return f"family {self.spec.family}"

    def numbers(self) -> dict[str, int]:
        return numbers(self.spec)

    def why_closed(self, letter: str) -> str:
        return ""

    def expand(self, values: Mapping[str, Dim]) -> Graph:
        changed = {"name": self.title, **changes(self.spec, values)}
        return engine.expand(self.spec.model_copy(update=changed))

    def replace(self, values: Mapping[str, int]) -> Openable:
        return OpenSpec(self.spec.replace(**changes(self.spec, values)))

    def stage(self, name: str) -> str:
        return place(self.spec, name)

    def limit(self, counts: list[str]) -> None:
        blocks = sum(self.spec.broadcast("repeats")) - sum(self.numbers()[name] for name in counts)
        if blocks > _MOST_BLOCKS:
            raise LimitError(
                f"repeats that are numbers add up to {blocks:,} blocks",
                why=f"the limit of formulas is {_MOST_BLOCKS:,}",
                fix="repeats as symbols, which cost no more than a few blocks",
            )

    def dense(self) -> Openable | None:
        if getattr(self.spec, "groups", "dense") == "dense":
            return None
        with suppress(HenetArchError):
            return OpenSpec(self.spec.replace(groups="dense"))
        return None


@dataclass(frozen=True)
class OpenGraph:
    """A graph: the sizes of its inputs, and the width of its last layer where nothing fixes it.

    An image has the symbols H and W; several have H1, W1, H2, W2, ... in their order.
    """

    graph: Graph
    uncounted: frozenset[str] = frozenset()
    kind = "graph"
    obstacle = "a layer needs the number"
    scope = "this graph"

    @property
    def title(self) -> str:
        return self.graph.name

    @property
    def family(self) -> str | None:
        return self.graph.family

    def numbers(self) -> dict[str, int]:
        result = {
            name: size
            for node, names in self._images()
            for name, size in zip(names, node.shape[1:], strict=True)
        }
        if last := self._classifier():
            result["K"] = last.shape[0]
        return {name: size for name, size in result.items() if isinstance(size, int)}

    def why_closed(self, letter: str) -> str:
        if letter in ("C", "r"):
            return "a graph has its layers one by one, and their widths in numbers"
        if letter == "K":
            return "no layer with a width of its own stands right before its output"
        return "it reads no image of a height and a width" if letter in ("H", "W") else ""

    def expand(self, values: Mapping[str, Dim]) -> Graph:
        layers: dict[str, Layer] = {}
        for node, names in self._images():
            sizes = zip(names, node.shape[1:], strict=True)
            layers[node.name] = Input((node.shape[0], *(values.get(n, size) for n, size in sizes)))
        if "K" in values and (last := self._classifier()):
            layers[last.name] = _with_width(last.layer, values["K"])
        return with_layers(self.graph, layers)

    def replace(self, values: Mapping[str, int]) -> Openable:
        return OpenGraph(self.expand(values), self.uncounted)

    def stage(self, name: str) -> str:
        return name

    def limit(self, counts: list[str]) -> None:
        if len(self.graph) > _MOST_LAYERS:
            raise LimitError(
                f"network {self.title!r} has {len(self.graph):,} layers",
                why=f"the limit of formulas is {_MOST_LAYERS:,}: symbols take far longer than "
                "numbers",
            )

    def dense(self) -> Openable | None:
        return None

    def _images(self) -> list[tuple[Node, tuple[str, str]]]:
        """The inputs that have a height and a width, with the names of those."""
        images = [node for node in self.graph if not node.inputs and len(node.shape) == 3]
        if len(images) == 1:
            return [(images[0], ("H", "W"))]
        return [(node, (f"H{index}", f"W{index}")) for index, node in enumerate(images, 1)]

    def _classifier(self) -> Node | None:
        """The layer whose own width is that of the main output."""
        node = self.graph[self.graph.outputs[0]]
        while len(node.inputs) == 1 and not node.layer.weights():
            node = self.graph[node.inputs[0]]
        return node if _width(node.layer) else None


def _width(layer: Layer) -> str | None:
    """The attribute that says how many channels or features a layer makes."""
    return next((key for key in ("out_channels", "out_features") if hasattr(layer, key)), None)


def _with_width(layer: Layer, width: Dim) -> Layer:
    changed: dict[str, Any] = {str(_width(layer)): width}
    return replace(layer, **changed)  # type: ignore[type-var]
