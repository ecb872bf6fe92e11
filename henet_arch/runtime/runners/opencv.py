"""The emitted prototxt in OpenCV's reader of Caffe's files, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...ir.model import Model
from ..runner import Prepared, Runner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..verification import Verification


class OpenCV(Runner):
    """The Caffe target's prototxt and caffemodel."""

    title = "OpenCV"
    target = "caffe"

    def prepare(self, model: Model) -> Prepared:
        from ..caffe.running import prepare

        return prepare(model)

    def outputs(self, model: Model) -> Callable[[Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]:
        from ..caffe.running import outputs

        return outputs(model)

    def verify(self, model: Model) -> Verification:
        from ..caffe.verification import verify

        return verify(model)


RUNNER = OpenCV()
