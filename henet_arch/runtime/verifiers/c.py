"""Holds compiled C against PyTorch in double precision."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...ir.dims import show
from ...ir.graph import Graph
from ..c.compiler import NATIVE, compiler
from ..c.network import Network
from ..torch.module import to_torch
from ..torch.scramble import scrambled
from ..torch.tensors import outputs_of
from ..verification import Check, Verification

TOLERANCE = 1e-5
"""Of the largest output: what rounding in single precision may change."""
_IMAGES = 4
_GUARD = 1024
"""Floats on each side of the caller's buffers, which nothing may touch."""


def verify(graph: Graph, flags: tuple[str, ...] = NATIVE) -> Verification:
    """Check the compiled C of `graph` on random weights and images.

    Raises:
        EmitError: C has no kernel for a layer.
        CompileError: there is no compiler, or it fails.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = scrambled(to_torch(graph))
        images = torch.randn(_IMAGES, *graph.input_shape)
    network = Network(graph, module.state_dict(), flags=flags)
    checks = (*_outputs(network, module, images), *_guards(network, images))
    version = compiler().title
    return Verification(graph.name, checks, ("PyTorch", "C"), f"the emitted C, by {version},")


def exact(module: nn.Module, images: Tensor) -> list[NDArray[np.float64]]:
    """The module's outputs in double precision."""
    with torch.no_grad():
        given = copy.deepcopy(module).double()(images.double())
    return [output.numpy() for output in outputs_of(given)]


def difference(found: NDArray[np.float32], wanted: NDArray[np.float64]) -> float:
    """The largest one, as a share of the largest wanted number."""
    largest = float(np.abs(wanted).max()) or 1.0
    return float(np.abs(found - wanted).max()) / largest


def _outputs(network: Network, module: nn.Module, images: Tensor) -> Iterator[Check]:
    found = outputs_of(network(images.numpy()))
    wanted = exact(module, images)
    yield Check("outputs", str(len(wanted)), str(len(found)))
    for name, mine, theirs in zip(network.graph.outputs, found, wanted, strict=True):
        off = difference(mine, theirs)
        wrong = () if off <= TOLERANCE else (f"{name} is off by {off:.2g} of its largest element",)
        yield Check(f"{name}, shape", show(theirs.shape[1:]), show(mine.shape[1:]))
        bound, found_off = f"at most {TOLERANCE:g}", f"{off:.1e}"
        yield Check(f"{name}, difference", bound, found_off, wrong, off <= TOLERANCE)


def _guards(network: Network, images: Tensor) -> Iterator[Check]:
    """The caller's buffers between walls, the workspace full of what is no number."""
    image = Walled(images[0].numpy().ravel())
    output = Walled(np.full(network.outputs, np.nan, np.float32))
    workspace = Walled(np.full(-(-network.workspace_bytes // 4), np.nan, np.float32))
    network.run(image.address, output.address, workspace.address)
    walls = {"image": image, "output": output, "workspace": workspace}
    wrong = tuple(f"writes outside the {name}" for name, wall in walls.items() if wall.touched)
    yield Check("memory around the buffers", "untouched", "untouched" if not wrong else "", wrong)
    again = outputs_of(network(images[:1].numpy()))
    flat = np.concatenate([output.ravel() for output in again])
    same = bool((flat == output.values).all())
    yield Check("depends on", "the image", "the image" if same else "what was in the workspace")


WALL = 12345.5
"""What stands around the numbers."""


class Walled:
    """Numbers in the middle of an array whose rest must stay as it is."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.whole = np.full(len(values) + 2 * _GUARD, WALL, np.float32)
        self.values = self.whole[_GUARD : _GUARD + len(values)]
        self.values[:] = values
        self._before = self.whole.copy()

    @property
    def address(self) -> int:
        """Of the first number."""
        return self.values.ctypes.data

    @property
    def touched(self) -> bool:
        """Whether anything outside has changed."""
        ends = slice(0, _GUARD), slice(len(self.whole) - _GUARD, None)
        return any((self.whole[end] != self._before[end]).any() for end in ends)
