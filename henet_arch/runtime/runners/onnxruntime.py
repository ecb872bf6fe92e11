"""ONNX Runtime on one thread."""

from __future__ import annotations

from ...ir.model import Model
from ..runner import Prepared, Runner


class OnnxRuntime(Runner):
    """The emitted module, exported."""

    title = "ONNX Runtime"

    def prepare(self, model: Model) -> Prepared:
        from ..onnx.running import onnxruntime

        return onnxruntime(model)


RUNNER = OnnxRuntime()
