"""A PyTorch module whose training steps are compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...ir.graph import Graph
from ...support.errors import RunError
from .step import Step


class NativeStep(nn.Module):
    """Another module, trained by compiled C: the same parameters, buffers and state dict."""

    _whole: nn.Module
    _step: Step

    def __init__(self, graph: Graph, module: nn.Module, threads: int) -> None:
        super().__init__()
        for name, child in module.named_children():
            self.add_module(name, child)
        self.__dict__["_whole"] = module  # whose children these are; no child itself
        self.__dict__["_step"] = Step(graph, threads)

    def forward(self, images: Tensor) -> Any:
        """The outputs of a batch, `(N, C, H, W) -> (N, K)`, or a tuple of several.

        Raises:
            RunError: the images are not what the network trains on.
            LimitError: the batch needs more memory than there is.
        """
        if not self.training:
            return self._whole(images)
        if images.requires_grad:
            raise RunError("a native step has no gradient of the images", fix="--engine torch")
        step = self._step
        held = dict(self._whole.named_parameters())
        buffers = dict(self._whole.named_buffers())
        parameters = [held[name] for name in step.parameters]
        momenta = [self._whole.get_submodule(name).momentum for name in step.norms]
        outputs: tuple[Tensor, ...] = _Run.apply(  # type: ignore[no-untyped-call]
            step, images, buffers, momenta, *parameters
        )
        return outputs[0] if len(outputs) == 1 else outputs

    def train(self, mode: bool = True) -> NativeStep:
        """Set the mode of the module inside too."""
        self._whole.train(mode)
        return super().train(mode)


class _Run(torch.autograd.Function):
    """A whole step as one operation: parameters in, gradients out."""

    @staticmethod
    def forward(
        ctx: Any,
        step: Step,
        images: Tensor,
        buffers: dict[str, Tensor],
        momenta: Sequence[float | None],
        *parameters: Tensor,
    ) -> tuple[Tensor, ...]:
        plain = [parameter.detach().contiguous() for parameter in parameters]
        outputs = step.forward(images, plain, buffers, momenta)
        ctx.step, ctx.count, ctx.batch, ctx.plain = step, len(images), step.batches, plain
        return outputs

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> tuple[Any, ...]:
        rows = [each.float().contiguous() for each in given]
        gradients = ctx.step.backward(ctx.count, ctx.batch, rows, ctx.plain)
        return (None, None, None, None, *gradients)
