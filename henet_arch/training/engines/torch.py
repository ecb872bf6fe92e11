"""The emitted PyTorch module, layer by layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...ir.graph import Graph
from ...runtime.torch.module import channels_last
from ..engine import Engine, Network


class TorchEngine(Engine):
    """Trains every network, on every device that PyTorch knows."""

    def check(self, graph: Graph, device: str) -> None:
        """Nothing is refused."""

    def prepare(self, graph: Graph, module: nn.Module, threads: int) -> Network:
        """The module, in the memory format in which its convolutions train faster."""
        channels_last(module)

        def network(images: Tensor) -> Tensor | tuple[Tensor, ...]:
            scores: Tensor | tuple[Tensor, ...] = module(
                images.contiguous(memory_format=torch.channels_last)
            )
            return scores

        return network


ENGINE = TorchEngine()
