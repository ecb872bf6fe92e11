"""What is no number, and what is infinite, comes out of C as it does out of PyTorch."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
import torch
from every_kind import MAPS, L, Net
from instruction_sets import SETS
from lowering.functional import outputs, random_tensors

from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph
from henet_arch.ir.layer import KINDS, Layer
from henet_arch.lowering.plan import Plan, plan
from henet_arch.lowering.winograd import TILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")

from alike import alike  # noqa: E402

from henet_arch.runtime.c import load  # noqa: E402

JOINS = (L.Add, L.Multiply, L.Subtract, L.Divide, L.Maximum, L.Minimum)
WINDOWS: list[Layer] = [
    L.Conv2d(8, 6, 3, padding=1), L.Conv2d(8, 6, (3, 1), padding=(1, 0)), L.Conv2d(8, 6, 3, 2, 1),
    L.Conv2d(8, 6, 1), L.Conv2d(8, 8, 3, padding=1, groups=8), L.Conv2d(8, 8, 3, 2, 1, groups=8),
    L.Conv2d(8, 4, (9, 7)), L.Conv2d(8, 6, 2, padding=1, dilation=2), L.MaxPool2d(3, 1, 1),
    L.MaxPool2d(2, 1, (1, 0, 0, 1)), L.MaxPool2d(2, 2), L.AvgPool2d(3, 1, 1), L.PixelUnshuffle(1),
    L.AvgPool2d(3, 2, 1, count_include_pad=False), L.AvgPool2d(3, 2, 0, True),
]  # fmt: skip
"""One for each way to slide a window."""


def _every_kind() -> Graph:
    """Each kind and function on the image itself, some of them read by a window that pads."""
    net = Net("nonfinite")
    image = net.put(L.Input((8, 9, 7)))
    kinds = [layer for layer in (*MAPS, *WINDOWS) if layer.kind not in FUNCTIONS]
    ends = [net.put(layer, image) for layer in (*kinds, *map(L.Elementwise, FUNCTIONS))]
    gate, other = net.put(L.GlobalMaxPool2d(), image), net.put(L.Scale(8), image)
    for join in JOINS:
        spread = net.put(join(), image, gate)
        ends += [net.put(join(), image, other), spread]
        ends.append(net.put(L.Conv2d(8, 2, 2, padding=1), spread))
    flat = net.put(L.Flatten(), image)
    vectors = (L.Linear(504, 7), L.LayerNorm(504), L.Softmax(), L.PReLU(), L.BatchNorm1d(504))
    ends += [net.put(layer, flat) for layer in (*vectors, L.Unflatten())]
    return net.finish([*ends, flat, net.put(L.Concat(), image, other)])


def _images() -> torch.Tensor:
    """What is no number, and both infinities, each at a few places of an image of its own."""
    image = torch.randn(8, 9, 7, generator=torch.Generator().manual_seed(3))
    images = []
    for value in (torch.nan, torch.inf, -torch.inf):
        for place in ((0, 0, 0), (3, 4, 3), (7, 8, 6), (2, 0, 6), (5, 5, 0)):
            image_with = image.clone()
            image_with[place] = value
            images.append(image_with)
    return torch.stack(images)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in ("plain", "own") else pytest.mark.slow) for n in SETS],
)
def test_what_is_not_finite_comes_out_as_of_pytorch(name: str) -> None:
    graph, images = _every_kind(), _images()
    kinds = {node.layer.kind for node in graph}
    assert set(KINDS) - kinds <= {"opaque"}
    tensors, steps = random_tensors(graph), plan(graph)
    found = load(graph, tensors, flags=(*SETS[name], "-O0"))(images.numpy())
    wanted = outputs(graph, tensors, images.double())
    for node, mine, theirs in zip(graph.outputs, found, wanted, strict=True):
        layer, expected = graph[node].layer, theirs.numpy()
        free = _spread_by_winograd(steps, node, expected)
        assert (free | alike(mine, expected)).all(), (layer, mine, expected)
        assert (~free | np.isnan(mine) | alike(mine, expected)).all(), layer


def _spread_by_winograd(steps: Plan, node: str, expected: NDArray[Any]) -> NDArray[Any]:
    """Rows of a tile that has one that is not finite: there the others may be no numbers."""
    spread: NDArray[Any] = np.zeros(expected.shape, bool)
    if node in steps.choices and steps.choices[node].kernel.startswith("winograd"):
        for first in range(0, expected.shape[2], TILE):
            rows = slice(first, first + TILE)
            spread[:, :, rows] = ~np.isfinite(expected[:, :, rows]).all(axis=2, keepdims=True)
    return spread
