"""Stub."""

from __future__ import annotations

from torch import nn

from ...ir.graph import Graph
from ...support.errors import TrainError


def check_native(graph: Graph) -> None:
    raise TrainError("the native engine is not built yet")


def native(graph: Graph, module: nn.Module, threads: int = 1) -> nn.Module:
    raise TrainError("the native engine is not built yet")
