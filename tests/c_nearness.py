"""How near emitted C is to the network that it was made of."""

from __future__ import annotations

import torch

from henet_arch.ir.graph import Graph
from henet_arch.runtime.c import load
from henet_arch.runtime.torch.comparison import difference, exact
from henet_arch.runtime.torch.module import to_torch
from henet_arch.runtime.torch.scramble import scrambled


def check_c(graph: Graph, flags: tuple[str, ...]) -> None:
    """As near to double precision as 1e-5, or as PyTorch's single precision is in all."""
    torch.manual_seed(0)
    module, images = scrambled(to_torch(graph)), torch.randn(2, *graph.input_shape)
    found = load(graph, module.state_dict(), flags=(*flags, "-O1"))(images.numpy())
    with torch.no_grad():
        usual = difference(module(images).numpy(), wanted := exact(module, images)[0])
    assert difference(found, wanted) <= max(1e-5, 8 * usual)
