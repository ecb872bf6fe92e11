"""Networks run by OpenCV, from what the Caffe target writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from ...emitters.caffe import Caffe, net_of
from ...ir.graph import Graph
from ...ir.model import Model
from ...support.errors import RunError
from ...support.optional import first_line, need
from ..initial import weights_of
from ..runner import Prepared
from .process import opencv

Arrays = Sequence[NDArray[Any]]


def prepare(model: Model) -> Prepared:
    """The network in OpenCV, on one thread.

    Raises:
        EmitError: the dialect of OpenCV has no such layer.
        ExtraError: OpenCV is not installed.
        RunError: it cannot read the network, or takes several inputs.
    """
    check_inputs(model.graph)
    run = outputs(model, fused=True)
    return Prepared(lambda image: [image], run, tuple)


def outputs(model: Model, *, fused: bool = False) -> Callable[[Arrays], Arrays]:
    """A function from an array for each input, with the batch, to the outputs.

    Args:
        model: The network, with its weights or random ones.
        fused: Whether OpenCV may join layers, which is faster, and wrong in version 4.14 for a
            batch norm of a vector that is a sum, product or maximum.

    Raises:
        EmitError, ExtraError, RunError: as `prepare` does.
    """
    cv2, target = opencv(), Caffe()
    net = net_of(model.graph, target)
    network = _read(cv2, files(model))
    network.enableFusion(fused)
    layers = [net.givers[name][0] for name in model.graph.outputs]

    def run(inputs: Arrays) -> Arrays:
        try:
            for blob, array in zip(net.inputs.values(), inputs, strict=True):
                network.setInput(array, blob)
            given: Arrays = network.forward(layers)
        except cv2.error as error:
            raise RunError(f"OpenCV cannot run the network: {first_line(error)}") from None
        return given

    return run


def check_inputs(graph: Graph) -> None:
    """Refuse a network that takes more than one image.

    Raises:
        RunError: it does.
    """
    if (count := sum(not node.inputs for node in graph)) > 1:
        raise RunError(f"OpenCV is called with one image, and {graph.name} takes {count} inputs")


def files(model: Model, weights: Mapping[str, Any] | None = None) -> list[bytes]:
    """The prototxt, and the caffemodel where there are weights.

    Args:
        model: The network.
        weights: What its weights are; by default its own, or random ones.
    """
    held = weights_of(model) if weights is None else weights
    bare = replace(model, weights=held, preprocessing=None)
    return list(Caffe().emit(bare).values())


def _read(cv2: Any, contents: list[bytes]) -> Any:
    np = need("numpy", "caffe")
    cv2.setNumThreads(1)
    try:
        return cv2.dnn.readNetFromCaffe(*(np.frombuffer(each, np.uint8) for each in contents))
    except cv2.error as error:
        raise RunError(f"OpenCV cannot read the network: {first_line(error)}") from None
