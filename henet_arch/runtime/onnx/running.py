"""Networks run by ONNX Runtime and OpenVINO, as PyTorch exports them."""

from __future__ import annotations

import io
from typing import Any

import torch

from ...ir.model import Model
from ...support.optional import need
from ..runner import Prepared
from ..torch.running import module_of
from .export import onnx_bytes


def onnxruntime(model: Model) -> Prepared:
    """The exported network in ONNX Runtime.

    Raises:
        ExtraError: ONNX Runtime is not installed.
    """
    runtime: Any = need("onnxruntime", "onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(_exported(model), options, ["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return Prepared(lambda image: {name: image}, lambda given: session.run(None, given), tuple)


def openvino(model: Model) -> Prepared:
    """The exported network in OpenVINO.

    Raises:
        ExtraError: OpenVINO is not installed.
    """
    package: Any = need("openvino", "openvino")
    core = package.Core()
    network = core.read_model(io.BytesIO(_exported(model)))
    settings = {
        "INFERENCE_NUM_THREADS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    }
    request = core.compile_model(network, "CPU", settings).create_infer_request()
    return Prepared(lambda image: [image], request.infer, lambda given: tuple(given.values()))


def _exported(model: Model) -> bytes:
    return onnx_bytes(module_of(model), torch.rand(1, *model.graph.input_shape))
