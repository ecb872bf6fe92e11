"""From the layers of a file to a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from ...ir.dims import Shape
from ...ir.foreign_names import layer_names, network_name
from ...ir.graph import Graph, GraphBuilder, Node
from ...ir.layer import Layer
from ...ir.layers import Input
from ...support.errors import FileError, HenetArchError, ShapeError, nearest
from ..importer import InputShape
from .assembly import Assembly, At, Part, Slot, Value, located
from .inputs import input_decision, input_shapes
from .message import slip
from .network import NEAR, LayerEntry, Network
from .others import unknown
from .patterns import Pattern, patterns
from .rows import ROWS, Values
from .suggestion import meant
from .wiring import Step, Wiring, wire

_LONGEST_ORIGINAL = 1000


@dataclass(frozen=True)
class Imported:
    """A graph, with where its tensors are and what its layers are called in the file."""

    graph: Graph
    slots: Mapping[str, Slot]
    """The blob of each tensor, by the tensor's name."""
    factors: tuple[Slot, ...]
    """Blobs that divide others and are no tensors."""
    layers: Mapping[str, str]
    """The file's layer or input that gives the same as each of ours, by our names."""


def build(
    network: Network,
    file: str,
    input_shape: InputShape | None = None,
    blobs: Mapping[str, list[Shape]] | None = None,
) -> Imported:
    """The graph of a network at TEST.

    Args:
        network: The file's layers.
        file: The file's name without folders, for the reasons of layers.
        input_shape: What replaces the file's sizes.
        blobs: The shapes of a caffemodel's blobs by layer, for layers whose tensors nothing else
            says.

    Raises:
        FileError: a layer's settings are wrong, or blobs are read that nothing gives.
        ShapeError: a layer does not fit what it reads; the message names it and its line.
        InputShapeError: the file leaves an input's sizes open, and none are given.
    """
    return _Build(network, wire(network), Assembly(file, dict(blobs or {}))).run(input_shape)


class _Build:
    def __init__(self, network: Network, wiring: Wiring, assembly: Assembly) -> None:
        self._network = network
        self._wiring = wiring
        self._assembly = assembly
        self._values: dict[int, Value] = {}
        self._givers: dict[int, str] = {}
        """The file's layer that gives each part's value last."""

    def run(self, input_shape: InputShape | None) -> Imported:
        self._inputs(input_shape)
        whole = patterns(self._wiring)
        waiting = {part for pattern in whole.values() for part in pattern.parts}
        for step in self._wiring.steps:
            if step not in waiting:
                self._step(step, whole.get(step))
        return self._finish()

    def _inputs(self, input_shape: InputShape | None) -> None:
        used = self._wiring.inputs
        if not used:
            raise FileError(
                "no layer reads an input",
                why="it has no layers, or such for labels alone",
                fix="a prototxt with an input and layers",
            )
        for value, shape in input_shapes(used, input_shape).items():
            gate = used[value]
            part = Part(
                gate.label or "data",
                gate.blob,
                Input(shape),
                (),
                (input_decision(gate, self._assembly.file),),
                (),
                (),
            )
            self._values[value] = self._assembly.add(part)
            self._givers[self._values[value].part] = gate.blob

    def _step(self, step: Step, pattern: Pattern | None) -> None:
        if pattern:
            sources = tuple(part.entry for part in pattern.parts)
            at = replace(self._at(step, pattern.inputs(step, self._values)), sources=sources)
            if self._built(step, at, pattern.row):
                return
            for part in pattern.parts:
                self._step(part, None)
        at = self._at(step, tuple(self._values[value] for value in step.reads))
        self._built(step, at, _row)

    def _at(self, step: Step, inputs: tuple[Value, ...]) -> At:
        return At(step.entry, inputs, self._assembly, unread=self._wiring.unread(step))

    def _built(self, step: Step, at: At, row: Callable[[At], Values | None]) -> bool:
        """Enter what a row makes of a layer; whether it makes anything."""
        try:
            values = row(at)
        except HenetArchError as error:
            raise self._explained(located(error, at), step) from None
        if values is None:
            return False
        values = (values,) if isinstance(values, Value) else values
        if len(values) < len(step.gives):
            raise FileError(
                f"it gives {len(step.gives)} blobs, and such a layer {len(values)}",
                where=step.entry.place,
            )
        for number, value in zip(step.gives, values, strict=False):
            self._values[number] = value
        self._givers[values[0].part] = step.entry.name
        return True

    def _explained(self, error: HenetArchError, step: Step) -> HenetArchError:
        """With the blob that was probably meant, where two do not fit together."""
        if type(error) is ShapeError and step.entry.kind in ("Eltwise", "Concat"):
            shapes = {number: value.shape for number, value in self._values.items()}
            error.fix = meant(step, self._wiring.steps, shapes) or error.fix
        return error

    def _finish(self) -> Imported:
        assembly = self._assembly
        names = layer_names([part.label for part in assembly.parts])
        builder = GraphBuilder(network_name(self._network.name, PurePath(assembly.file).stem))
        shared: dict[tuple[str, ...], str] = {}
        nodes: list[Node] = []
        for part, name in zip(assembly.parts, names, strict=True):
            owner = shared.get(part.shared, "")
            if owner and not _alike(builder[owner].layer, part.layer):
                owner = ""
            nodes.append(
                builder.add(
                    name,
                    part.layer,
                    [nodes[number] for number in part.inputs],
                    part.because,
                    original=part.original[:_LONGEST_ORIGINAL],
                    shares=owner,
                )
            )
            if all(part.shared) and 0 < len(part.slots) <= len(part.shared):
                shared.setdefault(part.shared, name)
        outputs = dict.fromkeys(self._values[value].part for value in self._wiring.outputs)
        ends = [nodes[number] for number in outputs if nodes[number].inputs]
        if not ends:
            raise FileError("the network gives nothing", why="every blob is read, or silenced")
        graph = builder.finish(ends)
        return Imported(graph, *_places(assembly.parts, nodes), dict(self._names(nodes)))

    def _names(self, nodes: list[Node]) -> Iterator[tuple[str, str]]:
        for number, node in enumerate(nodes):
            yield node.name, self._givers.get(number, "")


def _row(at: At) -> Values:
    """What a layer gives, built by its row; an unknown layer is opaque.

    Raises:
        FileError: the type is nearly a known one, as slips of the pen are.
    """
    row = ROWS.get(at.entry.kind)
    return row(at) if row else unknown(replace(at, notes=(_check_unknown(at.entry),)))


def _check_unknown(entry: LayerEntry) -> str:
    if slip(entry.kind, ROWS, NEAR) or not entry.kind:
        raise FileError(f"unknown type {entry.kind[:99]!r}", fix=nearest(entry.kind, ROWS))
    if entry.tops[:1] == entry.bottoms[:1]:
        return f"the type {entry.kind[:99]!r} is unknown"
    return f"the type {entry.kind[:99]!r} is unknown: its output is taken to be as its input"


def _alike(one: Layer, other: Layer) -> bool:
    """Whether two layers have tensors of the same names and shapes."""
    return one.weights() == other.weights() and one.buffers() == other.buffers()


def _places(parts: list[Part], nodes: list[Node]) -> tuple[dict[str, Slot], tuple[Slot, ...]]:
    """The blobs of tensors by their names, and those that only divide."""
    slots: dict[str, Slot] = {}
    factors: list[Slot] = []
    for part, node in zip(parts, nodes, strict=True):
        if node.shares:
            continue
        for slot in part.slots:
            if slot.tensor:
                slots[f"{node.name}.{slot.tensor}"] = slot
            else:
                factors.append(slot)
    return slots, tuple(factors)
