"""Caffe networks, in OpenCV."""

from __future__ import annotations

from ...ir.model import File, Origin
from ...support.errors import RunError
from ..original import Arrays


def run(origin: Origin, inputs: Arrays) -> Arrays:
    """The network's outputs, in single precision.

    Raises:
        ExtraError: OpenCV is not installed.
        RunError: it cannot run the network.
    """
    from ..caffe.original import run as outputs

    if not isinstance(origin, File):
        raise RunError(f"{origin.title} is no prototxt")
    return outputs(origin.path, origin.weights, inputs)


ORIGINAL = run
