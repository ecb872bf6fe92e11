"""Batch norm folded into the convolution before it, for inference."""

from __future__ import annotations

import copy
from collections import Counter

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ...ir.graph import Graph
from ...lowering.elide_moves import elide_moves
from ...lowering.fold import fold


def folded(module: nn.Module, graph: Graph) -> nn.Module:
    """A copy of the emitted `module` in evaluation mode, without the batch norms that fold."""
    copied = copy.deepcopy(module).eval()
    uses = Counter(node.owner for node in graph)
    for step in fold(elide_moves(graph)).steps:
        for norm in step.norms:
            if uses[step.name] != 1 or uses[norm.name] != 1:
                break  # another layer needs the weights as they are
            conv, bn = map(copied.get_submodule, (step.name, norm.name))
            if not isinstance(conv, nn.Conv2d) or not isinstance(bn, nn.BatchNorm2d):
                break
            copied.set_submodule(step.name, fuse_conv_bn_eval(conv, bn))
            copied.set_submodule(norm.name, nn.Identity())
    return copied
