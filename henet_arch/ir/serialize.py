"""Graphs as JSON, and back; what comes back is checked as if it were built anew."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..support.errors import GraphError, LayerError
from ..support.formats import parse
from . import attributes
from .element_type import FLOAT32, element_type
from .graph import AsPublished, Decision, Graph, GraphBuilder
from .layer import Layer
from .layers import layer

SCHEMA = 1


class _Layer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    kind: str
    attributes: dict[str, Any] = {}


class _Decision(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    rule: str
    reason: str
    source: str


class _Printed(_Layer):
    input_shapes: list[list[int]]


class _Node(_Layer):
    name: str
    inputs: list[str] = []
    because: list[_Decision] = []
    printed: _Printed | None = None
    element_type: str | None = None
    original: str = ""
    shares: str = ""


class _Graph(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    version: int = Field(alias="schema")
    name: str
    family: str | None = None
    nodes: list[_Node]
    outputs: list[str] = []
    gives_features: bool = False


def to_json(graph: Graph) -> str:
    """The graph's layers, their operands and reasons; shapes follow from them.

    An element type is written where it is not that of the first input, or not float32.

    Args:
        graph: A graph whose sizes are all numbers.
    """
    nodes = []
    for node in graph:
        entry = {"name": node.name, **_layer_dict(node.layer), "inputs": node.inputs}
        entry["because"] = [decision._asdict() for decision in node.because]
        if node.as_published:
            shapes = {"input_shapes": node.as_published.input_shapes}
            entry["printed"] = {**_layer_dict(node.as_published.layer), **shapes}
        before = graph[node.inputs[0]].element_type if node.inputs else FLOAT32
        if node.element_type != before:
            entry["element_type"] = node.element_type.name
        if node.original:
            entry["original"] = node.original
        if node.shares:
            entry["shares"] = node.shares
        nodes.append(entry)
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "name": graph.name,
        "family": graph.family,
        "nodes": nodes,
    }
    data["outputs"] = graph.outputs
    if graph.gives_features:
        data["gives_features"] = True
    return json.dumps(data)


def from_json(text: str) -> Graph:
    """The graph that `to_json` wrote.

    Args:
        text: The JSON.

    Raises:
        FileError: the text is not JSON.
        GraphError: it is not such a graph, or its nodes do not make one.
        UnknownNameError: a layer's kind or its element type is unknown.
        ShapeError: a layer does not fit its inputs.
    """
    data = parse(text, "json", "the graph")
    try:
        read = _Graph.model_validate(data)
    except ValidationError as error:
        raise _refused(error, "a graph") from None
    if read.version != SCHEMA:
        raise GraphError(f"graph schema {read.version} is not the known one, {SCHEMA}")
    family = None if read.family == "none" else read.family  # as older versions wrote it
    builder = GraphBuilder(read.name, family)
    for node in read.nodes:
        because = tuple(Decision(d.rule, d.reason, d.source) for d in node.because)
        as_published = None
        if node.printed:
            shapes = tuple(
                attributes.shape("input_shapes", each) for each in node.printed.input_shapes
            )
            as_published = AsPublished(_layer(node.printed, node.name), shapes)
        inputs = [builder[name] for name in node.inputs]
        made_of = element_type(node.element_type) if node.element_type else None
        own = _layer(node, node.name)
        builder.add(
            node.name, own, inputs, because, as_published, made_of, node.original, node.shares
        )
    outputs = [builder[name] for name in read.outputs]
    return builder.finish(outputs, gives_features=read.gives_features)


def _layer_dict(own: Layer) -> dict[str, Any]:
    return {"kind": own.kind, "attributes": own.notable()}


def _layer(read: _Layer, name: str) -> Layer:
    try:
        return layer(read.kind, read.attributes)
    except LayerError as error:
        error.where = f"{name!r:.99}, {error.where}"
        raise


def _refused(error: ValidationError, what: str) -> GraphError:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    return GraphError(f"not {what}: {first['msg']}", where=place)
