"""Holds the outputs of a runner against PyTorch in double precision."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import nan
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...ir.dims import format_shape
from ...ir.graph import Graph
from ...ir.model import Model
from ..inputs import check_one_input
from ..verification import Check, Verification
from .module import to_torch
from .scramble import scrambled
from .tensors import arrays_of, outputs_of

TOLERANCE = 1e-5
"""Of the largest output: what rounding in single precision may change."""
_ROOM = 8
"""How many times PyTorch's own rounding that may be, where it is more."""
_IMAGES = 4
_Call = Callable[[NDArray[Any]], tuple[NDArray[Any], ...]]


def verify(model: Model, prepare: Callable[[Model], _Call], title: str) -> Verification:
    """Check the outputs of what `prepare` makes, on random weights and images.

    Args:
        model: The network; its own weights are left out, since they may hide faults.
        prepare: Makes a function from an image `(1, C, H, W)` to the outputs.
        title: What messages call that which runs it.
    """
    check_one_input(model.graph, title)
    module, (images,) = example(model.graph)
    with torch.no_grad():
        call = prepare(replace(model, weights=arrays_of(module)))
        outputs = one_by_one(lambda inputs: call(inputs[0]), [images])
    checks = tuple(compared(model.graph, outputs, expected(module, images)))
    sides = ("PyTorch", title)
    return Verification(model.name, checks, sides, f"the network in {title}")


def example(graph: Graph) -> tuple[nn.Module, list[Tensor]]:
    """A module with random weights under which every layer shows, and images for each input."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = scrambled(to_torch(graph))
        images = [torch.randn(_IMAGES, *n.shape) for n in graph if not n.inputs]
        for each in images:
            each[-1].mul_(0.1).add_(0.5)  # of one sign, as pixels are
        return module, images


def one_by_one(
    run: Callable[[list[NDArray[Any]]], Sequence[NDArray[Any]]], images: Sequence[Tensor]
) -> list[NDArray[Any]]:
    """The outputs of what takes one image at once, for all images of each input."""
    singles = zip(*(torch.split(each, 1) for each in images), strict=True)
    given = [run([image.numpy() for image in each]) for each in singles]
    return [np.concatenate(parts) for parts in zip(*given, strict=True)]


class Expected(NamedTuple):
    """An output, and how far off it may be, as `difference` says."""

    values: NDArray[np.float64]
    bound: float = TOLERANCE


def expected(module: nn.Module, *images: Tensor, least: float = 0.0) -> list[Expected]:
    """The module's outputs in double precision, and bounds by its own single precision."""
    wanted = exact(module, *images)
    with torch.no_grad():
        single = [output.numpy() for output in outputs_of(module(*images))]
    own = [difference(mine, values, least) for mine, values in zip(single, wanted, strict=True)]
    return [
        Expected(values, max(TOLERANCE, _ROOM * off))
        for values, off in zip(wanted, own, strict=True)
    ]


def exact(module: nn.Module, *images: Tensor) -> list[NDArray[np.float64]]:
    """The module's outputs in double precision."""
    with torch.no_grad():
        given = copy.deepcopy(module).double()(*(image.double() for image in images))
    return [output.numpy() for output in outputs_of(given)]


def difference(result: NDArray[Any], wanted: NDArray[np.float64], least: float = 0.0) -> float:
    """The largest one, as a share of the largest wanted number, or of `least` if that is more.

    What is no finite number is right where the same is wanted, and no number otherwise.
    """
    finite = np.isfinite(wanted)
    if not np.array_equal(result[~finite], wanted[~finite], equal_nan=True):
        return nan
    if not finite.any():
        return 0.0
    largest = max(float(np.abs(wanted[finite]).max()), least) or 1.0
    return float(np.abs(result[finite] - wanted[finite]).max()) / largest


def compared(
    graph: Graph,
    outputs: Sequence[NDArray[Any]],
    wanted: Sequence[Expected],
    least: float = 0.0,
) -> Iterator[Check]:
    """The number of outputs, their shapes, and how far they are off, as `difference` says."""
    yield Check("outputs", str(len(wanted)), str(len(outputs)))
    if len(wanted) != len(outputs):
        return
    for name, mine, (theirs, limit) in zip(graph.outputs, outputs, wanted, strict=True):
        yield Check(f"{name}, shape", format_shape(theirs.shape[1:]), format_shape(mine.shape[1:]))
        if mine.shape != theirs.shape:
            continue
        off = difference(mine, theirs, least)
        wrong = () if off <= limit else (f"{name} is off by {off:.2g} of its largest element",)
        bound, found_off = f"at most {limit:.2g}", f"{off:.1e}"
        yield Check(f"{name}, difference", bound, found_off, wrong, off <= limit)
