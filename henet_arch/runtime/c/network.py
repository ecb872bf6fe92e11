"""A compiled network that is called on arrays and tensors."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Mapping
from itertools import accumulate
from math import prod
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...emitters import c as emitter
from ...emitters.c.packing import packed
from ...ir.dims import format_shape
from ...ir.element_type import FLOAT32
from ...ir.graph import Graph
from ...lowering.plan import Plan, plan
from ...support.errors import RunError
from ..inputs import check_one_input
from .cache import library
from .compiler import NATIVE, compiler
from .shared import loaded

Tensors = Mapping[str, Any]
"""Arrays or tensors by state-dict key."""


class _Held(NamedTuple):
    """An array, and where its elements begin."""

    array: NDArray[Any]
    address: ctypes.c_void_p


class Network:
    """A graph compiled for this machine, with its weights.

    It is called on `(N, C, H, W)` or `(C, H, W)`, an array or a tensor, and gives the same kind: an
    array or a tensor of each output, with the batch if there was one. Threads can share it.
    """

    def __init__(
        self,
        graph: Graph,
        tensors: Tensors,
        *,
        flags: tuple[str, ...] = NATIVE,
        lowered: Plan | None = None,
    ) -> None:
        check_one_input(graph, "compiled C")
        self.graph = graph
        self.plan = lowered or plan(graph)
        name = emitter.identifier(graph.name)
        path = library(emitter.source(self.plan, name), compiler(), flags)
        self._function = _function(str(path), f"{name}_run")
        self.workspace_bytes: int = emitter.workspace_bytes(self.plan)
        self._input = graph.input_shape
        self._shapes = [graph[output].shape for output in graph.outputs]
        self._input_bytes = FLOAT32.bytes * prod(self._input)
        sizes = [prod(shape) for shape in self._shapes]
        self._parts = list(accumulate(sizes[:-1]))
        """Where each output but the first begins in an image's numbers."""
        self.outputs = sum(sizes)
        """Numbers of one image's outputs."""
        self._threads = threading.local()
        self.load(tensors)

    def load(self, tensors: Tensors) -> None:
        """Take other weights of the same network; calls under way end with the old ones."""
        numbers = packed(self.plan, {key: _array(value) for key, value in tensors.items()})
        self._weights = _Held(numbers, ctypes.c_void_p(_address(numbers)))

    def __call__(self, images: Any) -> Any:
        """The outputs: one array or tensor, or a tuple of several.

        Raises:
            RunError: the images are not of the network's shape, or of one without a batch.
        """
        pixels = _pixels(images)
        batch = self._batch(pixels.shape)
        rows = np.empty((*batch, self.outputs), np.float32)
        self._fill(rows, pixels, batch[0] if batch else 1)
        outputs: list[Any] = [rows]
        if self._parts:
            outputs = np.split(rows, self._parts, axis=-1)
        outputs = [
            part if len(shape) == 1 else part.reshape(*batch, *shape)
            for part, shape in zip(outputs, self._shapes, strict=True)
        ]
        if isinstance(images, Tensor):
            outputs = [torch.from_numpy(part) for part in outputs]
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def run(self, image: int, output: int, workspace: int) -> None:
        """One image, from the floats at one address to those at another."""
        weights = self._weights  # held until all is computed
        self._function(weights.address, image, output, workspace)

    def _batch(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The batch in the shape of images; empty for a single one.

        Raises:
            RunError: the images are not of the network's shape, or of one without a batch.
        """
        rank = len(self._input)
        batch = shape[:-rank]
        if shape[-rank:] != self._input or len(batch) > 1:
            raise RunError(
                f"{self.graph.name} takes images of {format_shape(self._input)}, "
                f"not {format_shape(shape)}",
                fix=f"an array of (N, {', '.join(map(str, self._input))})",
            )
        return batch

    def _fill(self, rows: NDArray[np.float32], images: NDArray[np.float32], count: int) -> None:
        """The outputs of each image, one row an image."""
        weights = self._weights  # held until all is computed
        workspace, image, output = self._workspace(), _address(images), _address(rows)
        for _ in range(count):
            self._function(weights.address, image, output, workspace)
            image += self._input_bytes
            output += FLOAT32.bytes * self.outputs

    def _workspace(self) -> ctypes.c_void_p:
        """The address of this thread's own."""
        held: _Held | None = getattr(self._threads, "workspace", None)
        if held is None:
            room = np.empty(self.workspace_bytes, np.uint8)
            held = self._threads.workspace = _Held(room, ctypes.c_void_p(_address(room)))
        return held.address


def _address(array: NDArray[Any]) -> int:
    """Where an array's elements begin; of one that can be written ten times as fast as numpy."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(cast(Any, array)))
    except (TypeError, ValueError):  # it is read-only, or empty
        return int(array.ctypes.data)


def _array(values: Any) -> NDArray[Any]:
    return values.detach().cpu().double().numpy() if isinstance(values, Tensor) else values


def _pixels(images: Any) -> NDArray[np.float32]:
    if isinstance(images, Tensor):
        images = images.detach().cpu().float().numpy()
    return np.ascontiguousarray(images, np.float32)


def _function(path: str, name: str) -> Any:
    run = getattr(loaded(path, "the compiled network"), name)
    run.argtypes = [ctypes.c_void_p] * 4
    run.restype = ctypes.c_int
    return run
