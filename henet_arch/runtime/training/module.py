"""The module that trains another by the compiled step."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ...ir.graph import Graph
from ...lowering.training.checks import check


class NativeStep(nn.Module):
    """`module` whose training steps are compiled; its state dict is that of `module`."""

    def __init__(self, graph: Graph, module: nn.Module, threads: int) -> None:
        super().__init__()
        check(graph)
        self.module = module
        self.threads = threads

    def forward(self, images: Tensor) -> Any:
        """The outputs of a batch, `(N, C, H, W) -> (N, K)`."""
        return self.module(images)

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """That of the module inside."""
        return self.module.state_dict(*args, **kwargs)

    def load_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """Into the module inside."""
        return self.module.load_state_dict(*args, **kwargs)
