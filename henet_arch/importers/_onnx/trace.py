"""Nodes in order, with the sizes and types of all values, and constants folded.

Functions that a file defines are taken apart, and so is an `If` whose condition is a constant.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...support.errors import FileError, LimitError
from ...support.limits import MOST_BLOCKS
from ...support.optional import need
from ..importer import InputShape
from .attributes import attributes_of
from .constant import Constant, held
from .folding import folded
from .inputs import sized_inputs
from .moving import gives_batch, is_identity
from .network import Network, Op, Place, Value
from .rewriting import drop_measured
from .shapes import output_shapes
from .tensors import HIGHEST_RANK, Tensors, type_name
from .text import require_text
from .types import output_types

PRODUCER = "henet-arch"
"""What a file that we wrote says wrote it: its nodes are called as their layers, up to a slash."""
_DEEPEST = 16
"""Functions and branches inside one another."""
_DOMAIN = {"ai.onnx": ""}
_SCOPES = "pkg.torch.onnx.name_scopes"
_STACK = "pkg.torch.onnx.stack_trace"
_LONGEST_NAME = 500
"""Characters of a node's name with those of the functions around it."""
_LONGEST_NOTE = 20_000
"""Characters of what an exporter writes beside a node that are looked at."""

Scope = MutableMapping[str, Value | None]
"""Values by name; None for an input of a function that its caller leaves out."""


@dataclass(frozen=True)
class _Around:
    """What is around the nodes of a graph, a function or a branch."""

    scope: Scope
    versions: Mapping[str, int]
    bound: Mapping[str, Any]
    depth: int = 0
    caller: Place | None = None


def trace(model: Any, path: Path, input_shape: InputShape | None) -> Network:
    """The network of a ModelProto, for inputs of that shape.

    Raises:
        InputShapeError: the file leaves sizes open.
        ShapeError: an operator does not fit its inputs.
        FileError: the file is no valid model.
        LimitError: it is too large.
    """
    return _Tracer(model, path).network(input_shape)


class _Tracer:
    def __init__(self, model: Any, path: Path) -> None:
        self._graph = model.graph
        self._name = path.name
        self._tensors = Tensors(path.parent)
        self._versions = _versions(model.opset_import)
        self._functions = {
            (f.domain, f.name, getattr(f, "overload", "")): f for f in model.functions
        }
        self._ours = model.producer_name == PRODUCER
        self._declared = {
            info.name: info for info in (*self._graph.value_info, *self._graph.output)
        }
        self._ops: list[Op] = []
        self._nodes = 0
        self._batch = 1

    def network(self, input_shape: InputShape | None) -> Network:
        graph = self._graph
        if not graph.node:
            raise FileError("the file holds no operator", fix="a model, and no bundle of tensors")
        scope: Scope = {}
        self._enter_constants(graph, scope)
        declared = [info for info in graph.input if info.name not in scope]
        inputs = sized_inputs(declared, input_shape, _channels(graph.node, scope))
        self._batch = _batch_of(inputs)
        for value in inputs:
            value.computed = True
            value.batched = value.rank > 1 and (value.shape or ())[0] == self._batch
            scope[value.name] = value
        self._walk(graph.node, _Around(scope, self._versions, {}))
        outputs = [_given(scope, info.name, "the outputs of the network") for info in graph.output]
        for value in (*outputs, *_unread(self._ops)):
            value.users += 1
        title = graph.name if self._ours else ""
        network = Network(self._name, inputs, self._ops, outputs, self._batch, title)
        drop_measured(network)
        return network

    def _enter_constants(self, graph: Any, scope: Scope) -> None:
        for tensor in graph.initializer:
            require_text(tensor.name)
            constant = self._tensors.constant(tensor, f"the tensor {tensor.name!r:.99}")
            _enter(scope, tensor.name, Value(tensor.name, constant.shape, constant.type, constant))
        if graph.sparse_initializer:
            raise FileError("the file has sparse tensors", fix="export it with dense weights")

    def _walk(self, nodes: Iterable[Any], around: _Around) -> None:
        if around.depth > _DEEPEST:
            raise LimitError(
                f"functions and branches more than {_DEEPEST} deep", where=str(around.caller)
            )
        for index, node in enumerate(nodes):
            self._nodes += 1
            if self._nodes > MOST_BLOCKS:
                raise LimitError(f"more than {MOST_BLOCKS:,} nodes, those of functions among them")
            self._node(node, index, around)

    def _node(self, node: Any, index: int, around: _Around) -> None:
        require_text(node.op_type, node.domain, node.name, *node.input, *node.output)
        place = _place(node, index, around.caller, ours=self._ours)
        if not node.output:
            raise FileError(f"{place} gives nothing", fix="export it again")
        inputs = tuple(
            _known(around.scope, name, str(place)) if name else None for name in node.input
        )
        attributes = attributes_of(node, self._tensors, around.bound, str(place))
        inputs += _captured(attributes, around.scope)
        function = self._functions.get((node.domain, node.op_type, getattr(node, "overload", "")))
        if function is not None:
            self._call(function, node, inputs, attributes, around, place)
            return
        domain = _DOMAIN.get(node.domain, node.domain)
        version = around.versions.get(domain, 1)
        op = Op(node.op_type, inputs, (), place, attributes, domain, version)
        op.outputs = tuple(Value(name, None, "", producer=op) for name in node.output)
        if op.kind == "If" and not domain and (branch := _branch(op)) is not None:
            self._inline(branch, op, around, place)
            return
        for name, value in zip(node.output, self._traced(op), strict=False):
            if name:
                _enter(around.scope, name, value)

    def _traced(self, op: Op) -> tuple[Value, ...]:
        """The values that an operator gives; the operator is kept where they are computed."""
        if op.kind == "Constant" and not op.domain:
            return (_constant(op),)
        types = output_types(op)
        for value, shape, type_ in zip(op.outputs, output_shapes(op), types, strict=True):
            value.shape, value.type = shape, type_
            if shape is None or not type_:
                self._declare(value)
        constants = _folded(op)
        if constants:
            return constants
        same = is_identity(op) and op.place.layer != op.output.name
        if same and len(op.outputs) == 1:
            return (op.value(0),)
        for value in op.outputs:
            value.computed = any(data.computed for data in op.data)
            value.batched = (value.shape or (0,))[0] == self._batch and gives_batch(op)
        for data in op.inputs:
            if data is not None:
                data.users += 1
        self._ops.append(op)
        if same:
            op.output.measured = True  # it stays where its other outputs are read
            return (op.value(0), *op.outputs[1:])
        return op.outputs

    def _declare(self, value: Value) -> None:
        """Take the sizes and type that the file declares for a value."""
        info = self._declared.get(value.name)
        if info is None or not info.type.HasField("tensor_type"):
            return
        tensor = info.type.tensor_type
        value.type = value.type or type_name(tensor.elem_type)
        dims = tensor.shape.dim
        if value.shape is None and tensor.HasField("shape") and len(dims) <= HIGHEST_RANK:
            sizes = [dim.dim_value for dim in dims]
            if len(sizes) > 1 and not sizes[0]:
                sizes[0] = self._batch
            value.shape = tuple(sizes) if all(0 < n < 2**40 for n in sizes) else None

    def _call(
        self,
        function: Any,
        node: Any,
        inputs: tuple[Value | None, ...],
        attributes: dict[str, Any],
        around: _Around,
        place: Place,
    ) -> None:
        """Take a function of the file apart into its nodes."""
        defaults = attributes_of(
            _Attributes(function.attribute_proto), self._tensors, {}, str(place)
        )
        scope: Scope = dict.fromkeys(function.input)
        scope.update(zip(function.input, inputs, strict=False))
        inner = _Around(
            scope,
            _versions(function.opset_import) or around.versions,
            defaults | attributes,
            around.depth + 1,
            place,
        )
        self._walk(function.node, inner)
        for name, own in zip(node.output, function.output, strict=False):
            if name:
                _enter(around.scope, name, _given(scope, own, str(place)))

    def _inline(self, branch: Any, op: Op, around: _Around, place: Place) -> None:
        """Take the branch of an `If` that its constant condition chooses."""
        scope: Scope = ChainMap({}, around.scope)
        self._enter_constants(branch, scope)
        inner = _Around(scope, around.versions, around.bound, around.depth + 1, place)
        self._walk(branch.node, inner)
        for value, info in zip(op.outputs, branch.output, strict=False):
            _enter(around.scope, value.name, _given(scope, info.name, str(place)))


def _unread(ops: Iterable[Op]) -> list[Value]:
    """What layers of a file that we wrote give to nobody, and are kept for."""
    ends = (op.output for op in ops if op.place.layer == op.output.name)
    return [value for value in ends if not value.users]


@dataclass(frozen=True)
class _Attributes:
    """The defaults of a function's attributes, as a node has its own."""

    attribute: Any


def _versions(imports: Iterable[Any]) -> dict[str, int]:
    return {_DOMAIN.get(each.domain, each.domain): each.version for each in imports}


def _channels(nodes: Iterable[Any], scope: Scope) -> dict[str, int]:
    """How many channels convolutions take, by the name of what they read."""
    channels = {}
    for node in nodes:
        weights = (
            scope.get(node.input[1]) if node.op_type == "Conv" and len(node.input) > 1 else None
        )
        if weights and weights.shape and len(weights.shape) > 2:
            groups = next((each.i for each in node.attribute if each.name == "group"), 1)
            channels[node.input[0]] = max(1, weights.shape[1] * groups)
    return channels


def _batch_of(inputs: list[Value]) -> int:
    """The batch: the first size of the first input that has several."""
    return next(((value.shape or ())[0] for value in inputs if value.rank > 1), 1)


def _given(scope: Scope, name: str, reader: str) -> Value:
    value = _known(scope, name, reader)
    if value is None:
        raise FileError(f"{reader} reads {name!r:.99}, which is left out")
    return value


def _known(scope: Scope, name: str, reader: str) -> Value | None:
    if name not in scope:
        raise FileError(
            f"{reader} reads {name!r:.99}, which no node before it gives",
            why="the nodes of a model stand in an order in which they can run",
            fix="export it again",
        )
    return scope[name]


def _enter(scope: Scope, name: str, value: Value) -> None:
    if name in scope:
        raise FileError(f"two values are named {name!r:.99}", fix="export it again")
    scope[name] = value


def _place(node: Any, index: int, caller: Place | None, *, ours: bool) -> Place:
    for entry in node.metadata_props:
        require_text(entry.key, entry.value)
    notes = {entry.key: entry.value[:_LONGEST_NOTE] for entry in node.metadata_props}
    scopes = tuple(re.findall(r"'([^']*)'", notes.get(_SCOPES, "")))
    output = node.output[0] if node.output else ""
    name, named = node.name or output, bool(node.name) or output.isidentifier()
    if caller is not None:
        name = f"{caller.name}/{name}"[:_LONGEST_NAME]
        return Place(name, caller.index, node.op_type, caller.scopes or scopes)
    if ours and node.name:
        layer = node.name.partition("/")[0]
        return Place(layer, index, node.op_type, layer=layer)
    return Place(name, index, node.op_type, scopes, _line(notes.get(_STACK, "")), named)


def _line(stack: str) -> str:
    """The innermost line of a program, outside PyTorch, that a stack names: `net.py:12`."""
    frames = re.findall(r'File "([^"\n]*)", line (\d+)', stack)
    own = [frame for frame in frames if "/torch/" not in frame[0]] or frames
    return f"{Path(own[-1][0]).name}:{own[-1][1]}" if own else ""


def _branch(op: Op) -> Any:
    """The graph of an `If` that its condition chooses; None where that is computed."""
    constant = op.value(0).constant
    elements = None if constant is None else constant.small()
    if elements is None or elements.size != 1:
        return None
    return op.attributes.get("then_branch" if elements.ravel()[0] else "else_branch")


def _captured(attributes: Mapping[str, Any], scope: Scope) -> tuple[Value | None, ...]:
    """The values that the graphs inside a node read from around it."""
    graphs = [value for value in attributes.values() if hasattr(value, "initializer")]
    names: dict[str, None] = {}
    while graphs:
        graph = graphs.pop()
        for node in graph.node:
            names.update(dict.fromkeys(node.input))
            graphs += [attribute.g for attribute in node.attribute if attribute.HasField("g")]
        names.update(dict.fromkeys(info.name for info in graph.output))
    return tuple(scope[name] for name in names if name in scope)


def _folded(op: Op) -> tuple[Value, ...]:
    """The outputs of an operator on constants; none where it is not computed here."""
    constants = [folded(op, n, value.shape, value.type) for n, value in enumerate(op.outputs)]
    if not constants or None in constants:
        return ()
    for data in op.data:
        data.measured = True
    return tuple(
        Value(value.name, constant.shape, constant.type, constant)
        for value, constant in zip(op.outputs, constants, strict=True)
        if constant is not None
    )


def _constant(op: Op) -> Value:
    """What a Constant node holds."""
    np = need("numpy", "onnx")
    for name, type_ in _HELD.items():
        if name in op.attributes:
            elements = np.asarray(op.attributes[name], type_ if type_ != "string" else object)
            return Value(op.output.name, elements.shape, type_, held(elements, type_))
    constant = op.attributes.get("value")
    if not isinstance(constant, Constant):
        raise FileError(f"{op.place} has no value that is read", fix="export it with dense tensors")
    return Value(op.output.name, constant.shape, constant.type, constant)


_HELD = {
    "value_int": "int64",
    "value_ints": "int64",
    "value_float": "float32",
    "value_floats": "float32",
    "value_string": "string",
    "value_strings": "string",
}
