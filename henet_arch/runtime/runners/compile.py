"""PyTorch's own compiler, on the module with batch norm folded."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...ir.graph import Graph
from ...support.errors import RunError
from ...support.optional import first_line
from ..torch.folding import folded


def prepare(graph: Graph, module: nn.Module, image: Tensor) -> Callable[[], object]:
    """One forward pass of one image.

    Raises:
        RunError: the compiler fails, for instance where there is no C++ compiler.
    """
    torch.compiler.reset()
    compiled = torch.compile(folded(module, graph))
    try:
        compiled(image)
    except Exception as error:  # whatever a compiler's many layers raise
        raise RunError(
            f"torch.compile fails on {graph.name}: {first_line(error)}",
            fix="install a C++ compiler, or another --backend",
        ) from None
    return lambda: compiled(image)
