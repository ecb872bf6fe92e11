"""Weights as Caffe keeps them: the name, the type and the blobs of each layer that has any.

Source: https://github.com/BVLC/caffe, src/caffe/proto/caffe.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import Any

from ...importers._caffe.schema import DIM, FLOATS, LAYER, LAYERS, LEGACY, SHAPE
from ...ir.tensors import tensors_of
from ...support.errors import LimitError
from ...support.optional import need
from .net import FACTOR, CaffeLayer, Net
from .wire import field, number, varint

_MOST_BYTES = 2**31 - 1
"""What Caffe reads of one file."""
_NAME, _BLOBS, _TYPE = LAYERS[LAYER]


def caffemodel(net: Net, weights: Mapping[str, Any]) -> bytes:
    """The file of a network's weights.

    Args:
        net: The network.
        weights: Arrays by state-dict key.

    Raises:
        LimitError: they are too many for protobuf.
        ExtraError: numpy is not installed.
    """
    shapes = tensors_of(net.graph)
    tensors = [tensor for layer in net.layers for tensor in layer.tensors if tensor != FACTOR]
    size = 4 * sum(int(prod(shapes[tensor])) for tensor in tensors)
    if size > _MOST_BYTES:
        raise LimitError(
            f"{size:,} bytes of weights are more than the {_MOST_BYTES:,} of a caffemodel",
            why="protobuf, in which Caffe keeps them, has no larger files",
        )
    return b"".join(_layers(net, weights))


def _layers(net: Net, weights: Mapping[str, Any]) -> Iterator[bytes]:
    for layer in net.layers:
        if layer.tensors:
            named = field(_NAME, layer.name.encode()), field(_TYPE, layer.kind.encode())
            blobs = (field(_BLOBS, *_blob(layer, tensor, weights)) for tensor in layer.tensors)
            yield field(LAYER, *named, *blobs)


def _blob(layer: CaffeLayer, tensor: str, weights: Mapping[str, Any]) -> Iterable[bytes]:
    """The fields of a blob: its shape, and its numbers in single precision."""
    np = need("numpy", "weights")
    array = np.ones(1) if tensor == FACTOR else weights[tensor]
    numbers = field(FLOATS, np.asarray(array).astype("<f4").tobytes())
    if "prelu_param" in layer.settings:  # one slope, without an axis: four sizes of 1 are that too
        return (*(number(each, 1) for each in LEGACY), numbers)
    return field(SHAPE, field(DIM, *map(varint, array.shape))), numbers
