"""Batch norm folded into the convolution before it, for inference."""

from __future__ import annotations

import copy

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ...ir.graph import Graph
from ...lowering.elide_moves import elide_moves
from ...lowering.fold import fold


def folded(module: nn.Module, graph: Graph) -> nn.Module:
    """A copy of the emitted `module` in evaluation mode, without the batch norms that fold."""
    copied = copy.deepcopy(module).eval()
    for step in fold(elide_moves(graph)).steps:
        if not step.norm:
            continue
        conv, norm = map(copied.get_submodule, (step.name, step.norm.name))
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            copied.set_submodule(step.name, fuse_conv_bn_eval(conv, norm))
            copied.set_submodule(step.norm.name, nn.Identity())
    return copied
