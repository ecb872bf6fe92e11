"""What readers of prototxts have beside the layers that all of them have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """What one reader of prototxts has, and others lack.

    Attributes:
        title: What messages call it.
        floor: The setting of a pool that rounds down.
        has: Types of layers, and what else others lack.
        use: Python that runs a network with it, with its files, sizes, blobs and layers in braces.
    """

    title: str
    floor: Mapping[str, str | bool]
    has: frozenset[str]
    use: str


K_OF_LRN = "k of an LRN"
"""Which OpenCV reads and leaves out."""
_OPENCV = """\
import cv2  # OpenCV 4 reads Caffe's files by itself

net = cv2.dnn.readNetFromCaffe("deploy.prototxt", "{weights}")
net.setInput(images)  # float32, (N, {sizes})
outputs = net.forward("{layer}")"""
_CAFFE = """\
import caffe

net = caffe.Net("deploy.prototxt", "{weights}", caffe.TEST)
net.blobs["{blob}"].data[...] = images  # float32, (1, {sizes})
outputs = net.forward()["{output}"]"""

DIALECTS = {
    "opencv": Dialect(
        "OpenCV's Caffe",
        {"ceil_mode": False},
        frozenset({"Interp", "Mish", "Permute", "ReLU6", "ShuffleChannel"}),
        _OPENCV,
    ),
    "bvlc": Dialect(
        "BVLC's Caffe", {"round_mode": "FLOOR"}, frozenset({"Bias", "Clip", K_OF_LRN}), _CAFFE
    ),
}
"""By the value of the option `dialect`. The first has what forks of Caffe have, from which OpenCV's
reader has it; the second is BVLC's last one, of 2020."""


def with_(what: str) -> list[str]:
    """The dialects that have something which others lack."""
    return [name for name, dialect in DIALECTS.items() if what in dialect.has]
