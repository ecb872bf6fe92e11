"""The compiled step, called on tensors."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from ...emitters.c_training import identifier, source
from ...emitters.c_training.names import norms_of, parameters_of, running_of, trained
from ...ir.dims import format_shape
from ...ir.graph import Graph
from ...lowering.training.plan import plan
from ...support.errors import LimitError, RunError
from ..c.cache import library
from ..c.compiler import NATIVE, compiler
from ..c.shared import loaded
from .memory import Stretch

FLAGS = ("-pthread",)
_MOST_IMAGES = 2**31 - 1
_PLAIN: Any = {"dtype": torch.float32, "device": "cpu"}
"""What the step computes in, whatever PyTorch's defaults are."""


class Step:
    """One network's step: forward, then backward, on one batch after the other."""

    def __init__(
        self,
        graph: Graph,
        threads: int = 1,
        flags: tuple[str, ...] = NATIVE,
        *,
        observed: bool = False,
    ) -> None:
        network = plan(graph, observed=observed)
        name = identifier(graph.name)
        path = library(source(network, graph, name), compiler(), (*flags, *FLAGS))
        self._library, self._name = loaded(str(path), "the compiled training step"), name
        self._bytes, self._forward, self._backward = _functions(self._library, name)
        self._bends = network.forward.bends
        self.graph, self.threads = graph, threads
        self.parameters = parameters_of(graph)
        self.running = running_of(graph)
        self.norms = norms_of(graph)
        self._trained = trained(graph)
        self._dropouts = network.forward.dropouts
        self._shapes = [graph[output].shape for output in graph.outputs]
        self._fewest = min((prod(n.shape[1:]) for n in network.forward.norm_layers), default=2)
        self._stretch: Stretch | None = None
        self.batches = 0
        """How many batches have run forward; a backward pass belongs to the last."""
        self._is_open = False

    def forward(
        self,
        images: Tensor,
        parameters: Sequence[Tensor],
        buffers: Mapping[str, Tensor],
        momenta: Sequence[float | None] | None = None,
    ) -> tuple[Tensor, ...]:
        """The outputs of a batch; running statistics and counters go on.

        Args:
            images: `(N, C, H, W)` of float32, in any memory format.
            parameters: In the order of `self.parameters`.
            buffers: Running statistics and counters by state-dict key, changed in place.
            momenta: The share that a batch has in the statistics of each norm of `self.norms`, the
                same for all batches so far where one is None; the layers' own if left out.

        Raises:
            RunError: the images are of another shape or type, or too few for a batch norm.
            LimitError: the batch needs more memory than there is.
        """
        self._check(images)
        count = len(images)
        running = [_plain(buffers[key]) for key in self.running]
        shares = self._shares(momenta, buffers)
        self.masks = masks = {n.name: _mask(n.layer, (count, *n.shape)) for n in self._dropouts}
        outputs = [torch.empty(count, *shape, **_PLAIN) for shape in self._shapes]
        strides = (ctypes.c_long * 4)(*images.stride())
        self.batches += 1
        self._is_open = True
        self._forward(
            self._memory(count), count, self.threads, images.data_ptr(), strides,
            _pointers(parameters), _pointers(running),
            (ctypes.c_float * max(len(shares), 1))(*shares), _pointers(list(masks.values())),
            _pointers(outputs),
        )  # fmt: skip
        return tuple(outputs)

    def backward(
        self, count: int, batch: int, given: Sequence[Tensor], parameters: Sequence[Tensor]
    ) -> list[Tensor | None]:
        """The gradients of the parameters; None where no output depends on one.

        Args:
            count: Images of the batch.
            batch: What `batches` was when it had run.
            given: The gradients of the outputs.
            parameters: As in the forward pass.

        Raises:
            RunError: another batch has run since, or this one has gone backward already.
        """
        if batch != self.batches or not self._is_open:
            raise RunError(
                "a native step goes backward once, and before the next batch",
                why="its maps lie where those of the next batch will",
                fix="loss.backward() after each batch, or --engine torch",
            )
        self._is_open = False
        gradients = [torch.empty(p.shape, **_PLAIN) for p in parameters]
        self._backward(
            self._memory(count), count, self.threads, _pointers(parameters), _pointers(given),
            _pointers(gradients),
        )  # fmt: skip
        return [
            gradient if name in self._trained else None
            for name, gradient in zip(self.parameters, gradients, strict=True)
        ]

    def observe(self, count: int) -> dict[str, Tensor]:
        """What the layers have read whose slope depends on it, of the batch that ran last.

        Args:
            count: Images of that batch.
        """
        result = {
            name: torch.empty(count, len(value.views), *value.size, **_PLAIN)
            for name, value in self._bends.items()
        }
        run = getattr(self._library, f"{self._name}_observe")
        run.argtypes = [ctypes.c_void_p, ctypes.c_long, ctypes.c_int, ctypes.c_void_p]
        run(self._memory(count), count, self.threads, _pointers(list(result.values())))
        return result

    def _check(self, images: Tensor) -> None:
        shape = self.graph.input_shape
        wanted = f"(N, {', '.join(map(str, shape))})"
        if images.dim() != len(shape) + 1 or tuple(images.shape[1:]) != shape or not len(images):
            raise RunError(
                f"{self.graph.name} trains on images of {format_shape(shape)}, "
                f"not {format_shape(tuple(images.shape))}",
                fix=f"a tensor of {wanted}",
            )
        if images.dtype != torch.float32 or images.device.type != "cpu":
            raise RunError(
                f"images of {images.dtype} on {images.device.type}",
                why="the native training step computes in float32 on the CPU",
                fix="images.float().cpu(), or --engine torch",
            )
        if len(images) * self._fewest < 2:
            raise RunError(
                "one image is too few",
                why="batch norm needs 2 values of each channel",
                fix="a larger batch",
            )

    def _memory(self, count: int) -> int:
        """The address of as much as the batch needs."""
        if count > _MOST_IMAGES:
            raise LimitError(f"a batch of {count:,} images", fix="a smaller batch")
        size = self._bytes(count, self.threads)
        if self._stretch is None or self._stretch.size < size:
            self._stretch = None
            self._stretch = Stretch(size, count)
        return self._stretch.address

    def _shares(
        self, momenta: Sequence[float | None] | None, buffers: Mapping[str, Tensor]
    ) -> list[float]:
        """The share of this batch in the running statistics of each norm, counted on."""
        if momenta is None:
            layers: list[Any] = [self.graph[name].layer for name in self.norms]
            momenta = [layer.momentum for layer in layers]
        shares = []
        for name, momentum in zip(self.norms, momenta, strict=True):
            counter = buffers[f"{name}.num_batches_tracked"]
            counter.add_(1)
            shares.append(1 / int(counter) if momentum is None else float(momentum))
        return shares


def _mask(layer: Any, shape: tuple[Any, ...]) -> Tensor:
    """What a dropout multiplies by, drawn as PyTorch draws it."""
    return torch.empty(shape, **_PLAIN).bernoulli_(1 - layer.p).div_(1 - layer.p)


def _plain(tensor: Tensor) -> Tensor:
    if not tensor.is_contiguous() or tensor.dtype != torch.float32:
        raise RunError(
            "running statistics are not plain tensors of float32",
            fix="module.float(), and buffers that are contiguous",
        )
    return tensor


def _pointers(tensors: Sequence[Tensor]) -> Any:
    return (ctypes.c_void_p * max(len(tensors), 1))(*(tensor.data_ptr() for tensor in tensors))


def _functions(held: ctypes.CDLL, name: str) -> tuple[Any, Any, Any]:
    size, forward, backward = (
        getattr(held, f"{name}_{word}") for word in ("bytes", "forward", "backward")
    )
    pointer, number, integer = ctypes.c_void_p, ctypes.c_long, ctypes.c_int
    size.argtypes, size.restype = [number, integer], ctypes.c_size_t
    forward.argtypes = [pointer, number, integer, *[pointer] * 7]
    backward.argtypes = [pointer, number, integer, *[pointer] * 3]
    return size, forward, backward
