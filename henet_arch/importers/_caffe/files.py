"""Networks from prototxts and caffemodels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...ir.dims import Shape
from ...ir.graph import Graph
from ...ir.model import File, Model
from ...support.errors import FileError, in_file
from ...support.files import read_text
from ..importer import InputShape
from .binary_net import read_message
from .build import Imported, build
from .caffemodel import WEIGHTS, Caffemodel, read_caffemodel
from .message import Message
from .network import read_network
from .text import parse, written
from .weights import fits, weights_of
from .wiring import wire

LARGEST_PROTOTXT = 4 * 1024 * 1024
"""Bytes of a prototxt; one of ResNet-152 has 100 KB."""


def load(path: Path, input_shape: InputShape | None = None) -> Model:
    """The network of a prototxt as it is used, in the phase TEST.

    It has the weights of the caffemodel beside it that has its name, where there is one:
    `net.caffemodel` those of `net.prototxt`. Any other is given to `with_caffemodel`. At another
    size than the file's it has none where they do not fit.

    Args:
        path: A prototxt.
        input_shape: What replaces the sizes that the file says.

    Raises:
        FileError: a file cannot be read, says something that no network can have, or has other
            weights than the network.
        ShapeError: a layer does not fit what it reads.
        InputShapeError: the file leaves an input's sizes open, and none are given.
    """
    beside = path.with_suffix(WEIGHTS)
    if not os.path.lexists(beside):
        return Model(imported(path, input_shape).graph, File(str(path), "caffe"))
    caffemodel = _read_beside(path, beside)
    network = imported(path, input_shape, caffemodel)
    if input_shape is not None and not fits(network, caffemodel):
        return Model(network.graph, File(str(path), "caffe"))
    return _weighted(path, network, caffemodel)


def load_caffemodel(path: Path, input_shape: InputShape | None = None) -> Model:
    """The network and the weights of a caffemodel, which mostly holds the layers' settings too.

    Raises:
        FileError, ShapeError, InputShapeError: as `load` does.
    """
    return _loaded(path, input_shape, path)


def with_caffemodel(model: Model, path: Path) -> Model | None:
    """The network of a prototxt with the weights of a caffemodel; None where it is of none.

    Args:
        model: What `load` gave for a Caffe network.
        path: The caffemodel.

    Raises:
        FileError: a file cannot be read, or has other weights than the network.
    """
    origin = model.origin
    if not isinstance(origin, File) or origin.format != "caffe":
        return None
    return _loaded(Path(origin.path), input_shapes(model.graph), path)


def imported(
    path: Path, input_shape: InputShape | None = None, caffemodel: Caffemodel | None = None
) -> Imported:
    """The graph of a file, and where its tensors lie in a caffemodel.

    Raises:
        FileError, ShapeError, InputShapeError: as `load` does.
    """
    blobs = _shapes(caffemodel) if caffemodel else None
    with _in_file(path):
        return build(read_network(_message(path)), path.name, input_shape, blobs)


def input_names(path: Path) -> list[str]:
    """The names of a file's inputs, in the order in which its graph has them.

    Raises:
        FileError: as `load` does.
    """
    with _in_file(path):
        return [gate.blob for gate in wire(read_network(_message(path))).inputs.values()]


def input_shapes(graph: Graph) -> dict[str, Shape]:
    """The shapes of a network's inputs, by their names in the file."""
    return {node.original or node.name: node.shape for node in graph if not node.inputs}


def prototxt(path: Path) -> str:
    """The settings of the layers in a caffemodel, as a prototxt has them.

    Raises:
        FileError: it cannot be read.
    """
    with _in_file(path):
        return written(read_message(path))


def _read_beside(path: Path, weights: Path) -> Caffemodel:
    """The weights that nobody has named; where they cannot be read, the prototxt's faults go first.

    Raises:
        FileError: one of the files cannot be read.
    """
    try:
        return read_caffemodel(weights)
    except FileError as error:
        with _in_file(path):
            _message(path)
        error.where = f"{weights}, which is read since it lies beside {path}"
        raise


def _loaded(path: Path, input_shape: InputShape | None, weights: Path) -> Model:
    caffemodel = read_caffemodel(weights)
    return _weighted(path, imported(path, input_shape, caffemodel), caffemodel)


def _weighted(path: Path, network: Imported, caffemodel: Caffemodel) -> Model:
    origin = File(str(path), "caffe", str(caffemodel.path))
    return Model(network.graph, origin, weights_of(network, caffemodel))


def _message(path: Path) -> Message:
    if path.suffix.lower() == WEIGHTS:
        message = read_message(path)
        layers = (*message.messages("layer"), *message.messages("layers"))
        if layers and not any(layer.has("bottom") for layer in layers):
            raise FileError(
                "it holds weights, and not how the layers are connected",
                fix="the prototxt that it belongs to",
            )
        return message
    return parse(read_text(path, LARGEST_PROTOTXT))


def _shapes(caffemodel: Caffemodel) -> dict[str, list[Shape]]:
    return {name: [blob.shape for blob in blobs] for name, blobs in caffemodel.layers.items()}


@contextmanager
def _in_file(path: Path) -> Iterator[None]:
    """Errors within say the file, and so does too small a memory."""
    try:
        with in_file(path):
            yield
    except MemoryError:
        raise FileError(f"{path} is too large for the memory") from None
