"""OpenVINO on one thread."""

from __future__ import annotations

from ...ir.model import Model
from ..runner import Prepared, Runner


class OpenVino(Runner):
    """The emitted ONNX file."""

    title = "OpenVINO"

    def prepare(self, model: Model) -> Prepared:
        from ..onnx.running import openvino

        return openvino(model)


RUNNER = OpenVino()
