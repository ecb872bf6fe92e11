"""Batch norm folded into the convolution before it, for inference."""

from __future__ import annotations

import copy
from collections import Counter

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..graph import Graph


def folded(module: nn.Module, graph: Graph) -> nn.Module:
    """A copy of the emitted `module` in evaluation mode, without the batch norms that fold.

    A batch norm folds if it is the only one that reads a convolution.
    """
    copied = copy.deepcopy(module).eval()
    modules = dict(copied.named_modules())
    readers = Counter(name for node in graph for name in node.inputs)
    for node in graph:
        norm = modules.get(node.name)
        conv = modules.get(node.inputs[0]) if node.inputs else None
        if (
            isinstance(norm, nn.BatchNorm2d)
            and isinstance(conv, nn.Conv2d)
            and readers[node.inputs[0]] == 1
        ):
            copied.set_submodule(node.inputs[0], fuse_conv_bn_eval(conv, norm))
            copied.set_submodule(node.name, nn.Identity())
    return copied
