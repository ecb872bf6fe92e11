"""The contract of every engine: what computes a training step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor, nn

from ..ir.graph import Graph

Network: TypeAlias = Callable[[Tensor], Tensor | tuple[Tensor, ...]]
"""From images `(N, C, H, W)` to scores, which autograd follows back to the weights."""


class Engine(ABC):
    """Computes a network forward and backward. A module `NAME` with `ENGINE` is the engine `NAME`.

    Loss, optimizer, schedule and checkpoints are the same for every engine, and so are the weights:
    a training can begin with one engine and go on with another.
    """

    @abstractmethod
    def check(self, graph: Graph, device: str) -> None:
        """Refuse what the engine cannot train.

        Args:
            graph: The network.
            device: What Lightning calls an accelerator: cpu, gpu, mps or auto.

        Raises:
            HenetArchError: there is no such engine for the layer, the device or this machine.
        """

    @abstractmethod
    def prepare(self, graph: Graph, module: nn.Module, threads: int) -> Network:
        """What computes with the weights of a module.

        Args:
            graph: The network.
            module: The emitted module of the graph, whose parameters are trained, whose buffers get
                the running statistics, and whose mode (training or not) is obeyed.
            threads: Threads to compute with.

        Raises:
            HenetArchError: as `check`, or a C compiler fails.
        """
