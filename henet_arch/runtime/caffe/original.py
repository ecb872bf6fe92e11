"""A Caffe network as OpenCV runs its own files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...importers._caffe.files import imported, input_names
from .process import outputs

if TYPE_CHECKING:
    from numpy.typing import NDArray


def run(
    path: str | Path, caffemodel: str | Path, inputs: Sequence[NDArray[Any]]
) -> list[NDArray[Any]]:
    """The outputs of a network, in the order in which our graph gives them.

    Args:
        path: The prototxt, or a caffemodel that holds the layers' settings too.
        caffemodel: The file of the weights.
        inputs: One array for each input of our graph, with the batch: (1, 3, 224, 224).

    Raises:
        ExtraError, RunError: as `process.outputs` does.
        FileError, ShapeError: the network cannot be read.
    """
    names = input_names(Path(path))
    arrays = dict(zip(names, inputs, strict=True))
    network = imported(Path(path), {name: array.shape[1:] for name, array in arrays.items()})
    layers = [network.layers[name] for name in network.graph.outputs]
    return outputs(Path(path), Path(caffemodel), arrays, layers)
