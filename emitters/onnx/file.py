"""An ONNX model of a graph: its operators, the tensors that they read, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ...analyzers.report import analyze
from ...importers._onnx.trace import PRODUCER
from ...ir.dims import Shape
from ...ir.graph import Graph, Node
from ...ir.model import Model
from ...support.errors import EmitError
from ...support.optional import need
from ...support.version import __version__
from .._title import summary
from .layer import LayerWriter, Parameter
from .metadata import metadata
from .rows import ROWS
from .tensors import NUMBERS, constant_proto
from .versions import OLDEST, newest, since

BATCH = "batch"
"""The name of the first axis where it is open."""


class Store(Protocol):
    """Where weights are."""

    def tensor(self, name: str, parameter: Parameter) -> Any:
        """The TensorProto of a weight."""


def layers_of(graph: Graph, opset: int | None) -> tuple[list[LayerWriter], int]:
    """The operators of each layer, and their version.

    Args:
        graph: The network.
        opset: The version; None for the lowest that has what the network needs.

    Raises:
        EmitError: the version is too low for a layer, or none has it.
    """
    if opset is not None and opset > newest():
        raise EmitError(
            f"opset {opset} is above {newest()}, the last that the installed onnx knows",
            fix="pip install --upgrade onnx",
        )
    layers = _written(graph, opset or OLDEST)
    needed = max((_needed(layer, opset) for layer in layers), default=OLDEST)
    if opset is None and needed > OLDEST:
        layers = _written(graph, needed)
    return layers, opset or needed


def _written(graph: Graph, opset: int) -> list[LayerWriter]:
    parameters: dict[str, Parameter] = {}
    layers = []
    for node in graph:
        if node.inputs:
            layers.append(LayerWriter(node, opset, parameters))
            ROWS[node.layer.kind](layers[-1])
            layers[-1].finish()
    return layers


def _needed(layer: LayerWriter, opset: int | None) -> int:
    """The lowest version that has all operators of a layer."""
    type_ = layer.node.element_type.name
    schema = f"tensor({need('onnx', 'onnx').TensorProto.DataType.Name(NUMBERS[type_]).lower()})"
    versions = {each.kind: since(each.kind, schema) for each in layer.operators}
    for kind, version in versions.items():
        if version is None:
            raise EmitError(
                f"the operator {kind} of ONNX takes no elements of {type_}",
                where=layer.node.name,
                fix="float32",
            )
    last = max(versions, key=lambda kind: versions[kind] or 0)
    needed = versions[last] or OLDEST
    if opset is not None and needed > opset:
        raise EmitError(
            f"opset {opset} is too low for {layer.node.layer.kind}",
            where=layer.node.name,
            why=f"the operator {last} of {type_} is there from opset {needed} on",
            fix=f"opset={needed}",
        )
    return needed


def model_proto(
    model: Model, layers: list[LayerWriter], opset: int, batch: int | None, store: Store
) -> Any:
    """The ModelProto.

    Args:
        model: The network.
        layers: Its operators.
        opset: Their version.
        batch: How many images there are at once; None where that is open.
        store: Where the weights are.
    """
    helper = need("onnx.helper", "onnx")
    graph, report = model.graph, analyze(model.graph)
    outputs = list(_outputs(graph))
    nodes = [_node(layer.node, each) for layer in layers for each in layer.operators]
    nodes += [
        helper.make_node("Identity", [name], [given], name=given)
        for name, given in outputs
        if given != name
    ]
    proto = helper.make_graph(
        nodes,
        graph.name,
        [_info(node, node.name, batch) for node in graph if not node.inputs],
        [_info(graph[name], given, batch) for name, given in outputs],
        list(_tensors(layers, store)),
        value_info=[_info(n, n.name, batch) for n in graph if _is_between(graph, n)],
    )
    opsets = [helper.make_opsetid("", opset)]
    made = helper.make_model(
        proto,
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name=PRODUCER,
        producer_version=__version__,
        doc_string=summary(report),
    )
    helper.set_model_props(made, metadata(model, report))
    return made


def _node(node: Node, operator: Any) -> Any:
    """A NodeProto, which is called as what it gives; the foreign name is its description."""
    make = need("onnx.helper", "onnx").make_node
    kind, inputs, output, attributes = operator
    return make(kind, inputs, [output], name=output, doc_string=node.original, **attributes)


def _outputs(graph: Graph) -> Iterator[tuple[str, str]]:
    """The layers that the network gives, and what the file calls the values.

    No value can be an input and an output at once.
    """
    for name in graph.outputs:
        yield name, name if graph[name].inputs else f"{name}/output"


def _is_between(graph: Graph, node: Node) -> bool:
    return bool(node.inputs) and node.name not in graph.outputs


def _info(node: Node, name: str, batch: int | None) -> Any:
    """The type and sizes of a value."""
    shape: Shape = node.shape
    sizes = (BATCH if batch is None else batch, *shape)
    make = need("onnx.helper", "onnx").make_tensor_value_info
    described = "" if node.inputs else node.original
    return make(name, NUMBERS[node.element_type.name], sizes, doc_string=described)


def _tensors(layers: list[LayerWriter], store: Store) -> Iterator[Any]:
    parameters: Mapping[str, Parameter] = layers[0].parameters if layers else {}
    for name, parameter in parameters.items():
        yield store.tensor(name, parameter)
    for layer in layers:
        for name, values in layer.constants.items():
            yield constant_proto(name, values, layer.node.element_type.name)
