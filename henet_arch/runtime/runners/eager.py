"""PyTorch as it is."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ...ir.graph import Graph


def prepare(graph: Graph, module: nn.Module, image: Tensor) -> Callable[[], object]:
    """One forward pass of one image."""
    return lambda: module(image)
