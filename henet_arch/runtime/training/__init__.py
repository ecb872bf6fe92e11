"""Training steps as machine code: forward, backward and statistics of a whole batch in C."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from ...ir.graph import Graph


def check_native(graph: Graph) -> None:
    """Refuse a network that the compiled step cannot train; nothing is compiled.

    Raises:
        EmitError: a layer is of a kind that the step does not know; the message names it.
        LimitError: the network is too large.
    """
    from ...lowering.training.plan import plan

    plan(graph)


def native(graph: Graph, module: nn.Module, threads: int = 1) -> nn.Module:
    """A module that trains `module`, the emitted one of `graph`, by compiled C.

    It holds `module` with its own parameters and buffers, and has its state dict. In training mode
    a batch runs through the compiled step, gradients land in the parameters of `module` and running
    statistics in its buffers; in evaluation mode `module` itself runs.

    Args:
        graph: The network; what `check_native` refuses is refused.
        module: The emitted module of `graph` (`to_torch`), of float32 on the CPU.
        threads: How many threads a step uses; results are the same whatever their number.

    Raises:
        EmitError: the step has no such layer.
        CompileError: there is no C compiler, or it fails.
    """
    from .module import NativeStep

    return NativeStep(graph, module, threads)
