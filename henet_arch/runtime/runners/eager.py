"""PyTorch as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ir.model import Model
from ..runner import Prepared, Runner

if TYPE_CHECKING:
    from ..verification import Verification


class Eager(Runner):
    """The emitted module."""

    title = "PyTorch"
    target = "torch"

    def prepare(self, model: Model) -> Prepared:
        from ..torch.running import eager

        return eager(model)

    def verify(self, model: Model) -> Verification:
        from ..torch.verification import verify

        return verify(model.graph)


RUNNER = Eager()
