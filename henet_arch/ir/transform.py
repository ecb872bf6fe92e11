"""Graphs made of graphs: with other layers, or another input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..support.errors import GraphError, ShapeError
from .dims import Shape, format_shape
from .graph import AsPublished, Graph, GraphBuilder, Node
from .layer import Layer
from .layers import Input
from .model import Model


def with_input(graph: Graph, shape: Shape | Mapping[str, Shape]) -> Graph:
    """The same network for an image of another shape, with every map's shape inferred again.

    Args:
        shape: (C, H, W), whole numbers or symbols; by the inputs' names where there are several.

    Raises:
        GraphError: an input has no such name, or there are several and `shape` names none.
        ShapeError: a layer does not fit the map that it meets then.
    """
    inputs = [node.name for node in graph if not node.inputs]
    if isinstance(shape, Mapping):
        shapes = dict(shape)
    elif len(inputs) == 1:
        shapes = {inputs[0]: shape}
    else:
        raise GraphError(
            f"network {graph.name!r} has {len(inputs)} inputs, and one shape is given",
            fix=f"a shape for each by name: {', '.join(inputs)}",
        )
    if unknown := [name for name in shapes if name not in inputs]:
        raise GraphError(
            f"{unknown[0]!r} is no input of network {graph.name!r}", fix=", ".join(inputs)
        )
    try:
        return with_layers(graph, {name: Input(tuple(size)) for name, size in shapes.items()})
    except ShapeError as error:
        made_for = ", ".join(format_shape(graph[name].shape) for name in shapes)
        error.fix = error.fix or f"an input for which every layer fits, such as {made_for}"
        raise


def resized(model: Model, shape: Shape | Mapping[str, Shape] | None) -> Model:
    """The model for an image of another shape; the same one for None.

    Args:
        shape: as `with_input` takes it, or (H, W) for an image of as many channels as before.

    Raises:
        GraphError, ShapeError: as `with_input` does.
    """
    if shape is None:
        return model
    if not isinstance(shape, Mapping) and len(shape) == 2:
        shape = (*model.graph.input_shape[:1], *shape)
    return replace(model, graph=with_input(model.graph, shape))


def with_layers(graph: Graph, layers: Mapping[str, Layer]) -> Graph:
    """The same network with some layers replaced by others, and every shape inferred again.

    Raises:
        ShapeError: a layer does not fit the maps that it meets then.
    """
    builder = GraphBuilder(graph.name, graph.family)
    for node in graph:
        inputs = [builder[name] for name in node.inputs]
        layer = layers.get(node.name, node.layer)
        as_published = _as_published(node, inputs) if layer is node.layer else None
        builder.add(
            node.name,
            layer,
            inputs,
            node.because,
            as_published,
            node.element_type,
            node.original,
            node.shares,
        )
    outputs = [builder[name] for name in graph.outputs]
    return builder.finish(outputs, gives_features=graph.gives_features)


def _as_published(node: Node, inputs: list[Node]) -> AsPublished | None:
    """The layer as the source prints it, at the sizes that its inputs have now."""
    if node.as_published is None:
        return None
    shapes = tuple(
        tuple(now if size == built else size for size, built, now in zip(*each, strict=True))
        for each in zip(
            node.as_published.input_shapes,
            node.input_shapes,
            (x.shape for x in inputs),
            strict=True,
        )
    )
    return node.as_published._replace(input_shapes=shapes)
