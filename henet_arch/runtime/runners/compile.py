"""PyTorch's own compiler, on the module with batch norm folded."""

from __future__ import annotations

from ...ir.model import Model
from ..runner import Prepared, Runner


class Compile(Runner):
    """The emitted module without batch norms, compiled."""

    title = "torch.compile"

    def prepare(self, model: Model) -> Prepared:
        from ..torch.running import compiled

        return compiled(model)


RUNNER = Compile()
