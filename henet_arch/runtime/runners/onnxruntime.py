"""ONNX Runtime on one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...ir.model import Model
from ..runner import Prepared, Runner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..verification import Verification


class OnnxRuntime(Runner):
    """The emitted ONNX file."""

    title = "ONNX Runtime"
    target = "onnx"

    def prepare(self, model: Model) -> Prepared:
        from ..onnx.running import onnxruntime

        return onnxruntime(model)

    def outputs(self, model: Model) -> Callable[[Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]:
        from ..onnx.running import outputs

        return outputs(model)

    def verify(self, model: Model) -> Verification:
        from ..onnx.verification import verify

        return verify(model)


RUNNER = OnnxRuntime()
