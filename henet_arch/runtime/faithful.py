"""Holds what is made of a network against the network itself, in the framework it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ir.element_type import FLOAT32
from ..ir.model import Model
from .original import Arrays, Original
from .originals import original
from .torch.comparison import Expected, compared
from .verification import Check, Verification

_IMAGES = 2
_LEAST = 0.1
"""What a difference is a share of where all outputs are smaller: the rounding of the original, in
single precision, does not get smaller with a probability."""


def verified(
    verification: Verification, model: Model, outputs: Callable[[Model], Callable[[Arrays], Arrays]]
) -> Verification:
    """The verification, and how far the outputs are from the original's with its own weights.

    Nothing is added where the network has no original that runs, or none of its weights.

    Args:
        verification: What was found without the original.
        model: The network.
        outputs: Makes of the model a function from an array for each input, `(1, ...)`, to outputs.

    Raises:
        ExtraError: the framework is not installed.
        RunError: it cannot run the network.
    """
    run = original(model.origin)
    inputs = [node for node in model.graph if not node.inputs]
    if not run or model.weights is None or any(n.element_type != FLOAT32 for n in inputs):
        return verification
    checks = tuple(_checks(model, run, outputs(model)))
    return replace(verification, checks=(*verification.checks, *checks))


def _checks(model: Model, run: Original, outputs: Callable[[Arrays], Arrays]) -> Iterator[Check]:
    random = np.random.default_rng(0)
    mine, theirs = [], []
    for _ in range(_IMAGES):
        images = [
            random.standard_normal((1, *node.shape)).astype(np.float32)
            for node in model.graph
            if not node.inputs
        ]
        mine.append(outputs(images))
        theirs.append(run(model.origin, images))
    wanted = [Expected(_stacked(parts).astype(np.float64)) for parts in zip(*theirs, strict=True)]
    given = [_stacked(parts) for parts in zip(*mine, strict=True)]
    for check in compared(model.graph, given, wanted, _LEAST):
        yield replace(check, name=f"the original: {check.name}")


def _stacked(parts: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    return np.concatenate([np.asarray(part) for part in parts])
