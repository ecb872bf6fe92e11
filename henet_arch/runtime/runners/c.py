"""Emitted C, compiled on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...ir.model import Model
from ..runner import Prepared, Runner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..verification import Verification


class C(Runner):
    """The C target's source as machine code."""

    title = "C"
    target = "c"

    def prepare(self, model: Model) -> Prepared:
        from ..c.running import prepare

        return prepare(model)

    def on_batches(self, model: Model) -> Callable[[NDArray[Any]], NDArray[Any]]:
        from ..c.running import on_batches

        return on_batches(model)

    def verify(self, model: Model) -> Verification:
        from ..c.verification import verify

        return verify(model.graph)

    def tune(self, model: Model) -> dict[str, Any]:
        from ..c.compiler import NATIVE
        from ..c.tuning import tuned

        return {"kernels": tuned(model.graph, NATIVE)}


RUNNER = C()
