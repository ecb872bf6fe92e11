"""The emitted PyTorch module, layer by layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...ir.graph import Graph
from ...runtime.memory import check_memory
from ...runtime.torch.kept import kept_bytes
from ...runtime.torch.module import channels_last
from ..engine import Engine, Network


class TorchEngine(Engine):
    """Trains every network, on every device that PyTorch knows."""

    def check(self, graph: Graph, device: str) -> None:
        """Nothing is refused."""

    def prepare(self, graph: Graph, module: nn.Module, threads: int) -> Network:
        """The module, in the memory format in which its convolutions train faster.

        A batch that the machine's own memory cannot hold is refused before it is computed.
        """
        channels_last(module)
        checked: set[int] = set()

        def network(images: Tensor) -> Tensor | tuple[Tensor, ...]:
            images = images.contiguous(memory_format=torch.channels_last)
            if module.training and images.is_cpu and len(images) not in checked:
                check_memory(kept_bytes(module, images), len(images))
                checked.add(len(images))
            scores: Tensor | tuple[Tensor, ...] = module(images)
            return scores

        return network


ENGINE = TorchEngine()
