"""PyTorch with batch norm folded, in the memory format that is faster."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...ir.graph import Graph
from ..torch.folding import folded
from ..torch.module import channels_last

_TRIALS = 30


def prepare(graph: Graph, module: nn.Module, image: Tensor) -> Callable[[], object]:
    """One forward pass of one image."""
    plain = folded(module, graph)
    last = channels_last(copy.deepcopy(plain))
    turned = image.contiguous(memory_format=torch.channels_last)
    passes: list[Callable[[], object]] = [lambda: plain(image), lambda: last(turned)]
    return min(passes, key=_best)


def _best(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_TRIALS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[_TRIALS // 2]
