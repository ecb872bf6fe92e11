"""Networks run by PyTorch: as they are, folded, and compiled."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...ir.model import Model
from ...lowering.folding import folded
from ...support.errors import RunError
from ...support.optional import first_line
from ..initial import weights_of, with_weights
from ..runner import Prepared
from .module import channels_last, to_torch
from .tensors import outputs_of

_TRIALS = 30


def module_of(model: Model) -> nn.Module:
    """The emitted module for inference, with the model's weights or random ones."""
    module = to_torch(model.graph)
    tensors = {name: torch.as_tensor(array) for name, array in weights_of(model).items()}
    module.load_state_dict(tensors, strict=False)  # counters of batch norm are not in a graph
    return module.eval().requires_grad_(False)


def eager(model: Model) -> Prepared:
    """The emitted module."""
    return Prepared(torch.as_tensor, module_of(model), _read)


def outputs(model: Model) -> Callable[[Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]:
    """The emitted module on an array for each input, with a batch."""
    module = module_of(model)
    return lambda inputs: _read(module(*map(torch.as_tensor, inputs)))


def on_batches(model: Model) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """The emitted module on a batch, in the faster memory format: its first output."""
    module = channels_last(module_of(model))
    return lambda images: _read(module(_turned(images)))[0]


def eager_folded(model: Model) -> Prepared:
    """The module without batch norms, in the memory format that is faster."""
    plain = module_of(folded(with_weights(model)))
    last = channels_last(copy.deepcopy(plain))
    candidates = (Prepared(torch.as_tensor, plain, _read), Prepared(_turned, last, _read))
    image = torch.rand(1, *model.graph.input_shape).numpy()
    return min(candidates, key=lambda candidate: _seconds(candidate, image))


def compiled(model: Model) -> Prepared:
    """The module without batch norms, compiled by PyTorch.

    Raises:
        RunError: the compiler fails, for instance where there is no C++ compiler.
    """
    torch.compiler.reset()
    run: Callable[[Tensor], Any] = torch.compile(module_of(folded(with_weights(model))))
    try:
        run(torch.rand(1, *model.graph.input_shape))
    except Exception as error:  # whatever a compiler's many layers raise
        raise RunError(
            f"torch.compile fails on {model.name}: {first_line(error)}",
            fix="install a C++ compiler, or another --backend",
        ) from None
    return Prepared(torch.as_tensor, run, _read)


def _turned(images: NDArray[Any]) -> Tensor:
    return torch.as_tensor(images).contiguous(memory_format=torch.channels_last)


def _read(given: Any) -> tuple[NDArray[Any], ...]:
    return tuple(output.detach().numpy() for output in outputs_of(given))


def _seconds(candidate: Prepared, image: NDArray[Any]) -> float:
    given, seconds = candidate.feed(image), []
    for _ in range(_TRIALS):
        start = time.perf_counter()
        candidate.run(given)
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[_TRIALS // 2]
