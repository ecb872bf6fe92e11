"""Holds the emitted prototxt and caffemodel, as OpenCV runs them, against PyTorch."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...emitters.caffe import Caffe, Net, net_of
from ...ir.dims import Shape
from ...ir.graph import Graph
from ...ir.model import Model
from ..torch.comparison import compared, example, expected
from ..torch.tensors import arrays_of
from ..torch.verification import compared_shapes
from ..verification import Check, Verification
from . import faults
from .process import layer_shapes, opencv, outputs
from .running import check_inputs, files


def verify(model: Model) -> Verification:
    """Check the shapes of all layers, and the outputs on random weights and images.

    Raises:
        EmitError: the dialect of OpenCV has no such layer.
        ExtraError: OpenCV is not installed.
        RunError: it cannot run the network, crashes, or is known to compute a layer wrongly.
    """
    graph, version = model.graph, opencv().__version__
    check_inputs(graph)
    faults.check(graph)
    net = net_of(graph, Caffe())
    module, (image,) = example(graph)
    contents = files(model, arrays_of(module))
    blob = net.blobs[graph.nodes[0].name]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("net.prototxt", "net.caffemodel")]
        for path, content in zip(paths, contents, strict=False):
            path.write_bytes(content)
        path, weights = paths[0], paths[1] if len(contents) > 1 else None
        shapes = layer_shapes(path, weights, {blob: graph.input_shape})
        layers = [net.givers[name][0] for name in graph.outputs]
        given = outputs(path, weights, {blob: image.numpy()}, layers)
    checks = (
        _shapes(graph, net, shapes),
        *compared(graph, given, expected(module, image)),
    )
    title = f"the emitted prototxt, in OpenCV {version},"
    return Verification(graph.name, checks, ("PyTorch", "OpenCV"), title)


def _shapes(graph: Graph, net: Net, shapes: Mapping[str, Sequence[Shape]]) -> Check:
    """What each layer of the graph gives, by the layers of the file."""
    wanted = {node.name: node.shape for node in graph if node.inputs}
    places = {name: net.givers[name] for name in wanted}
    given = {
        name: tuple(shapes[layer][top][1:])
        for name, (layer, top) in places.items()
        if len(shapes.get(layer, ())) > top
    }
    return compared_shapes("layer output shapes", wanted, given)
