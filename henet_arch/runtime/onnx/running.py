"""Networks run by ONNX Runtime and OpenVINO, as we emit them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...emitters.onnx import Onnx
from ...ir.model import Model
from ...support.errors import RunError
from ...support.optional import first_line, need
from ..initial import with_weights
from ..runner import Prepared
from .session import refusal, session_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


_TITLE = "the network"


def onnxruntime(model: Model) -> Prepared:
    """The emitted network in ONNX Runtime.

    Raises:
        ExtraError: ONNX Runtime is not installed.
        EmitError: ONNX has no such layer.
        RunError: it cannot run the network.
    """
    run, names = _session(content(model))
    return Prepared(lambda image: {names[0]: image}, run, tuple)


def outputs(model: Model) -> Callable[[Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]:
    """The emitted network in ONNX Runtime on an array for each input, with a batch of one.

    Raises:
        ExtraError, EmitError, RunError: as `onnxruntime`.
    """
    return called(content(model))


def called(file: bytes) -> Callable[[Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]:
    """The same of a file.

    Raises:
        ExtraError: ONNX Runtime is not installed.
        RunError: it cannot run the network.
    """
    run, names = _session(file)
    return lambda inputs: tuple(run(dict(zip(names, inputs, strict=True))))


def _session(file: bytes) -> tuple[Callable[[Any], Any], list[str]]:
    """What runs the file on one thread, of inputs by name, and their names."""
    session = session_of(file, _TITLE)

    def run(given: Any) -> Any:
        try:
            return session.run(None, given)
        except Exception as error:
            raise refusal(_TITLE, error) from None

    return run, [each.name for each in session.get_inputs()]


def openvino(model: Model) -> Prepared:
    """The emitted network in OpenVINO.

    Raises:
        ExtraError: OpenVINO is not installed.
        EmitError: ONNX has no such layer.
        RunError: it cannot run the network.
    """
    package: Any = need("openvino", "openvino")
    settings = {
        "INFERENCE_NUM_THREADS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    }
    core = package.Core()
    try:
        network = core.read_model(io.BytesIO(content(model)))
        request = core.compile_model(network, "CPU", settings).create_infer_request()
    except RuntimeError as error:
        raise RunError(f"OpenVINO cannot run the network: {first_line(error)}") from None
    return Prepared(lambda image: [image], request.infer, lambda given: tuple(given.values()))


def content(model: Model) -> bytes:
    """The ONNX file of a model for one image, with its weights or random ones."""
    return next(iter(Onnx(batch=1).emit(with_weights(model)).values()))
