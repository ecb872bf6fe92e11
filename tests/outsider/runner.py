"""A backend: PyTorch, once more."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from henet_arch.ir.graph import Graph


def prepare(graph: Graph, module: nn.Module, image: Tensor) -> Callable[[], object]:
    return lambda: module(image)
