"""PyTorch with batch norm folded, in the memory format that is faster."""

from __future__ import annotations

from ...ir.model import Model
from ..runner import Prepared, Runner


class EagerFolded(Runner):
    """The emitted module without batch norms."""

    title = "folded PyTorch"

    def prepare(self, model: Model) -> Prepared:
        from ..torch.running import eager_folded

        return eager_folded(model)


RUNNER = EagerFolded()
