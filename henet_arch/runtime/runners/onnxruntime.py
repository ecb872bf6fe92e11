"""ONNX Runtime on one thread."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ...ir.graph import Graph
from ...support.optional import need
from ..onnx.export import onnx_bytes


def prepare(graph: Graph, module: nn.Module, image: Tensor) -> Callable[[], object]:
    """One forward pass of one image.

    Raises:
        ExtraError: ONNX Runtime is not installed.
    """
    runtime = need("onnxruntime", "onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(
        onnx_bytes(module, image), options, providers=["CPUExecutionProvider"]
    )
    feed = {session.get_inputs()[0].name: image.numpy()}
    return lambda: session.run(None, feed)
