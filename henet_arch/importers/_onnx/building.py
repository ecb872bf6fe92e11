"""The graph of a network that is traced and simplified, with its weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...ir.element_type import ELEMENT_TYPES, ElementType
from ...ir.foreign_names import network_name
from ...ir.graph import Decision, Graph, GraphBuilder, Node
from ...ir.layers import Input
from ...support.errors import FileError
from ...support.optional import need
from .constant import SMALL, Constant
from .layers import layers_of
from .layers.part import Part
from .naming import names_of
from .network import Network, Op, Value
from .opaque import opaque_part, other_output

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALIKE = {"uint16": "int16", "uint32": "int32", "uint64": "int64", "complex64": "int64"}
"""Types that graphs do not have, with one of as many bytes."""
_LONGEST_ORIGINAL = 1000
_FLOATS = ("float", "bfloat")


class Weights(Mapping[str, Any]):
    """The weights of a graph by parameter name, each read from the file when it is asked for.

    Those of fewer bits than float32 are read as float32, which holds each of their values exactly.
    """

    def __init__(self, constants: Mapping[str, Constant], path: str) -> None:
        self._constants = constants
        self._path = path

    def __getitem__(self, name: str) -> NDArray[Any]:
        try:
            return self._read(name)
        except MemoryError:
            raise FileError(f"{self._path} holds {name}, too large for the memory") from None

    def _read(self, name: str) -> NDArray[Any]:
        np = need("numpy", "onnx")
        constant = self._constants[name]
        values: NDArray[Any] = np.ascontiguousarray(constant.read()).reshape(constant.shape)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise FileError(
                f"{name} has values that are no finite numbers",
                where=self._path,
                fix="a file whose weights are",
            )
        if values.dtype == np.float16:
            return values.astype(np.float32)
        own = values.flags.writeable and values.size > SMALL
        return values if own else values.copy()

    def __iter__(self) -> Iterator[str]:
        return iter(self._constants)

    def __len__(self) -> int:
        return len(self._constants)

    def tied(self) -> frozenset[str]:
        """The names of those that hold a tensor of the file, whole, which an earlier one holds."""
        seen: set[Constant] = set()
        tied = set()
        for name, constant in self._constants.items():
            held = {each for each in constant.roots() if each.type.startswith(_FLOATS)}
            if not held or sum(each.count for each in held) != constant.count:
                continue
            if held <= seen:
                tied.add(name)
            seen |= held
        return frozenset(tied)


def build(network: Network, path: Path) -> tuple[Graph, Weights]:
    """The graph of a network, and the weights of its layers.

    Raises:
        FileError: nothing of it depends on an input.
        GraphError, ShapeError: it makes no graph.
    """
    if not network.inputs:
        raise FileError("the network has no input", fix="a model that takes an image")
    outputs = [value for value in dict.fromkeys(network.outputs) if value.constant is None]
    if not outputs:
        raise FileError("no output of the network depends on its inputs")
    builder = _Builder(network, path)
    return builder.finish(outputs)


class _Builder:
    def __init__(self, network: Network, path: Path) -> None:
        self._network = network
        self._file = path.name[:200]
        self._graph = GraphBuilder(network_name(network.title, path.stem))
        self._nodes: dict[Value, Node] = {}
        self._constants: dict[str, Constant] = {}
        self._owners: dict[Any, str] = {}
        self._path = str(path)

    def finish(self, outputs: Sequence[Value]) -> tuple[Graph, Weights]:
        parts = [(op, part) for op in self._network.ops for part in self._parts(op)]
        inputs = self._network.inputs
        names = names_of([value.name for value in inputs], parts)
        for value, name in zip(inputs, names, strict=False):
            self._nodes[value] = self._graph.add(
                name,
                Input(value.image_shape),
                element_type=_element_type(value),
                original=value.name[:_LONGEST_ORIGINAL],
            )
        for (op, part), name in zip(parts, names[len(inputs) :], strict=True):
            self._add(op, part, name)
        graph = self._graph.finish([self._nodes[value] for value in outputs])
        return graph, Weights(self._constants, self._path)

    def _parts(self, op: Op) -> list[Part]:
        parts = layers_of(op)
        if parts is not None:
            return parts
        used = [value for value in op.outputs if value.users] or [op.output]
        first = opaque_part(op, used[0], self._network.inputs[0])
        return [first, *(other_output(op, used[0], value) for value in used[1:])]

    def _add(self, op: Op, part: Part, name: str) -> None:
        place = op.place
        reason = f"{place}, {place.line}" if place.line else str(place)
        owner = self._owner(part, name)
        self._nodes[part.output] = self._graph.add(
            name,
            part.layer,
            [self._nodes[value] for value in part.inputs],
            (Decision("source", reason, self._file),),
            element_type=_element_type(part.output),
            original=place.name[:_LONGEST_ORIGINAL],
            shares=owner,
        )
        if not owner:
            for key, constant in part.weights.items():
                self._constants[f"{name}.{key}"] = constant

    def _owner(self, part: Part, name: str) -> str:
        """The earlier layer of the same kind with the same weights; "" where there is none."""
        if not part.weights or not all(constant.key for constant in part.weights.values()):
            return ""
        keys = tuple((key, constant.key) for key, constant in part.weights.items())
        owner = self._owners.setdefault((part.layer.kind, keys), name)
        return owner if owner != name else ""


def _element_type(value: Value) -> ElementType | None:
    """The type of a value's elements; of single bytes where it is one of fewer bits."""
    if not value.type:
        return None
    name = _ALIKE.get(value.type, value.type)
    return ELEMENT_TYPES.get(name, ELEMENT_TYPES["uint8"])
