"""Holds compiled C against PyTorch in double precision."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...ir.graph import Graph
from ..inputs import check_one_input
from ..torch.comparison import compared, example, expected
from ..torch.tensors import outputs_of
from ..verification import Check, Verification
from .compiler import NATIVE, compiler
from .network import Network

_GREY = 0.3
"""All elements of one image: a long sum of them loses digits, as other runtimes' do."""
_GUARD = 1024
"""Floats on each side of the caller's buffers, which nothing may touch."""


def verify(graph: Graph, flags: tuple[str, ...] = NATIVE) -> Verification:
    """Check the compiled C of `graph` on random weights and images.

    Raises:
        RunError: the network has several inputs.
        EmitError: C has no kernel for a layer.
        CompileError: there is no compiler, or it fails.
    """
    check_one_input(graph, "compiled C")
    module, (images,) = example(graph)
    images[0] = _GREY
    network = Network(graph, module.state_dict(), flags=flags)
    outputs = outputs_of(network(images.numpy()))
    checks = (*compared(graph, outputs, expected(module, images)), *_guards(network, images))
    version = compiler().title
    return Verification(graph.name, checks, ("PyTorch", "C"), f"the emitted C, by {version},")


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
    same = np.array_equal(flat, output.values, equal_nan=True)
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
