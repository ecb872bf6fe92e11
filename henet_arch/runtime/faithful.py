"""Holds what is made of a network with its own weights against PyTorch, and against its original.

Random weights show faults that trained ones hide; these checks are beside those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..ir.element_type import FLOAT32
from ..ir.model import Model
from .original import Arrays
from .originals import original
from .torch.comparison import Expected, compared, expected
from .torch.running import module_of
from .verification import Check, Verification, titled

_IMAGES = 2
_TOLERANCE = 1e-4
"""What runtimes' approximations may change with any weights, as a share of the largest output: near
0 OpenCV's tanh loses digits. Random weights of a known size are held to less."""
_LEAST = 0.1
"""What a difference is a share of where all outputs are smaller: the rounding of the original, in
single precision, does not get smaller with a probability."""


def verified(
    verification: Verification, model: Model, outputs: Callable[[Model], Callable[[Arrays], Arrays]]
) -> Verification:
    """The verification, and how far the outputs with the network's own weights are off.

    They are held against PyTorch in double precision, and against the original where one runs.
    Without weights nothing is added but a note, where there is an original.

    Args:
        verification: What was found with random weights.
        model: The network.
        outputs: Makes of the model a function from an array for each input, `(1, ...)`, to outputs.

    Raises:
        ExtraError: the original's framework is not installed.
        RunError: it cannot run the network.
    """
    reason = _obstacle(model)
    if not reason:
        checks = tuple(_checks(model, outputs(model)))
        return replace(verification, checks=(*verification.checks, *checks))
    if original(model.origin):
        note = f"not held against the original: {reason}"
        return replace(verification, notes=(*verification.notes, note))
    return verification


def _obstacle(model: Model) -> str:
    """Why the network cannot be run with weights of its own; "" where it can."""
    if model.weights is None:
        return "it has no weights"
    others = [n for n in model.graph if not n.inputs and n.element_type != FLOAT32]
    return f"its input {others[0].name} is of {others[0].element_type.name}" if others else ""


def _checks(model: Model, outputs: Callable[[Arrays], Arrays]) -> Iterator[Check]:
    random = np.random.default_rng(0)
    shapes = [node.shape for node in model.graph if not node.inputs]
    images = [random.standard_normal((_IMAGES, *shape)).astype(np.float32) for shape in shapes]
    given = _one_by_one(outputs, images)
    exact = expected(module_of(model), *map(torch.from_numpy, images))
    wanted = [Expected(values, max(_TOLERANCE, bound)) for values, bound in exact]
    yield from titled("with its weights", compared(model.graph, given, wanted))
    if run := original(model.origin):
        theirs = _one_by_one(lambda inputs: run(model.origin, inputs), images)
        if len(theirs) > len(given):
            theirs = _distinct(theirs)
        wanted = [Expected(values.astype(np.float64)) for values in theirs]
        yield from titled("the original", compared(model.graph, given, wanted, _LEAST))


def _distinct(outputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The outputs without those that one before is: a graph gives one map once."""
    result: list[NDArray[Any]] = []
    for output in outputs:
        if not any(np.array_equal(output, earlier) for earlier in result):
            result.append(output)
    return result


def _one_by_one(
    run: Callable[[Arrays], Arrays], images: Sequence[NDArray[Any]]
) -> list[NDArray[Any]]:
    """The outputs of what takes one image at once, for all images of each input."""
    given = [run([each[n : n + 1] for each in images]) for n in range(_IMAGES)]
    return [
        np.concatenate([np.asarray(part) for part in parts]) for parts in zip(*given, strict=True)
    ]
