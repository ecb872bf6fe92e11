"""The whole step, forward and backward, as compiled C."""

from __future__ import annotations

from torch import Tensor, nn

from ...ir.graph import Graph
from ...runtime.c.compiler import compiler
from ...runtime.c.loading import load
from ...runtime.training import check_native, native
from ...support.errors import TrainError
from ..engine import Engine, Network


class NativeEngine(Engine):
    """Trains networks whose layers all have a backward pass in C, on the processor."""

    def check(self, graph: Graph, device: str) -> None:
        if device != "cpu":
            raise TrainError(
                f"the native engine trains on the processor, not on the device {device!r}",
                fix="--engine torch, or --device cpu",
            )
        check_native(graph)
        compiler()

    def prepare(self, graph: Graph, module: nn.Module, threads: int) -> Network:
        """A compiled step to train with, and the network as compiled for use to test with."""
        step = native(graph, module, threads)
        tested = load(graph, module.state_dict())

        def network(images: Tensor) -> Tensor | tuple[Tensor, ...]:
            if module.training:
                scores: Tensor | tuple[Tensor, ...] = step(images)
            else:
                tested.load(module.state_dict())
                scores = tested(images)
            return scores

        return network


ENGINE = NativeEngine()
