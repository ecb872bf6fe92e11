"""Emitted C, compiled on this machine."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ...ir.graph import Graph
from ..c import load


def prepare(graph: Graph, module: nn.Module, image: Tensor) -> Callable[[], object]:
    """One forward pass of one image.

    Raises:
        CompileError: there is no C compiler, or it fails.
    """
    network, pixels = load(graph, module.state_dict()), image.numpy()
    return lambda: network(pixels)
