"""One compiled training step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ir.model import Model
from ..runner import Verifier

if TYPE_CHECKING:
    from ..verification import Verification


class CTraining(Verifier):
    """Outputs, loss, gradients and running statistics of a step."""

    title = "C"
    target = "c-training"

    def verify(self, model: Model) -> Verification:
        from ..training.verification import verify

        return verify(model)


VERIFIER = CTraining()
