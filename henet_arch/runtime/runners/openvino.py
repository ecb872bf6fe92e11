"""OpenVINO on one thread."""

from __future__ import annotations

import io
from collections.abc import Callable

from torch import Tensor, nn

from ...ir.graph import Graph
from ...support.optional import need
from ..onnx.export import onnx_bytes


def prepare(graph: Graph, module: nn.Module, image: Tensor) -> Callable[[], object]:
    """One forward pass of one image.

    Raises:
        ExtraError: OpenVINO is not installed.
    """
    openvino = need("openvino", "openvino")
    core = openvino.Core()
    model = core.read_model(io.BytesIO(onnx_bytes(module, image)))
    settings = {
        "INFERENCE_NUM_THREADS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    }
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    pixels = image.numpy()
    return lambda: request.infer([pixels])
