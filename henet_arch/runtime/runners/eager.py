"""PyTorch as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...ir.model import Model
from ..runner import Prepared, Runner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..verification import Verification


class Eager(Runner):
    """The emitted module."""

    title = "PyTorch"
    target = "torch"

    def prepare(self, model: Model) -> Prepared:
        from ..torch.running import eager

        return eager(model)

    def outputs(self, model: Model) -> Callable[[Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]:
        from ..torch.running import outputs

        return outputs(model)

    def on_batches(self, model: Model) -> Callable[[NDArray[Any]], NDArray[Any]]:
        from ..torch.running import on_batches

        return on_batches(model)

    def verify(self, model: Model) -> Verification:
        from ..torch.verification import verify

        return verify(model.graph)


RUNNER = Eager()
