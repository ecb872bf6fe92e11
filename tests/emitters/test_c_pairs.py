"""Every layer that takes a vector, behind every layer that makes one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
import torch
from every_kind import L, Net
from lowering.functional import outputs, random_tensors

from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph, Node
from henet_arch.ir.layer import Layer
from henet_arch.support.errors import LayerError, ShapeError

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")

from alike import alike  # noqa: E402
from henet_arch.emitters.c import source  # noqa: E402

from henet_arch.lowering.plan import plan  # noqa: E402
from henet_arch.runtime.c import load  # noqa: E402

IMAGE = (4, 3, 2)
Make = Callable[[Net, Node], Node]


def _then(*layers: Layer) -> Make:
    """The layers one after the other."""

    def make(net: Net, node: Node) -> Node:
        for layer in layers:
            node = net.put(layer, node)
        return node

    return make


def _concatenated(net: Net, image: Node) -> Node:
    """A flattened map between vectors of single elements."""
    mean = _then(L.GlobalAvgPool2d(), L.Flatten())(net, image)
    return net.put(L.Concat(), mean, net.put(L.Flatten(), image), mean)


def _added(net: Net, image: Node) -> Node:
    """A sum of two flattened maps."""
    other = _then(L.Conv2d(4, 4, 3, padding=1), L.Flatten())(net, image)
    return net.put(L.Add(), net.put(L.Flatten(), image), other)


FLAT = L.Flatten()
PRODUCERS: dict[str, Make] = {
    "image": _then(FLAT),
    "map": _then(L.Conv2d(4, 4, 3, padding=1), FLAT),
    "rectified map": _then(L.Conv2d(4, 6, 1), L.Elementwise("relu"), FLAT),
    "shuffled map": _then(L.Conv2d(4, 4, 1), L.ChannelShuffle(2), FLAT),
    "padded channels": _then(L.PadChannels(1, 2), FLAT),
    "mean": _then(L.GlobalAvgPool2d(), FLAT),
    "largest": _then(L.GlobalMaxPool2d(), FLAT),
    "single outputs": _then(L.Conv2d(4, 6, (3, 2)), FLAT),
    "linear": _then(FLAT, L.Linear(24, 6)),
    "linear of linear": _then(FLAT, L.Linear(24, 6), L.Linear(6, 4)),
    "batch norm": _then(FLAT, L.BatchNorm1d(24)),
    "softmax": _then(FLAT, L.Softmax()),
    "layer norm": _then(FLAT, L.LayerNorm(24)),
    "slice": _then(FLAT, L.SliceChannels(1, 24, 3)),
    "back and again": _then(FLAT, L.Unflatten(), FLAT),
    "dropout": _then(FLAT, L.Dropout(0.5)),
    "concatenation": _concatenated,
    "sum": _added,
}


def _consumers(net: Net, node: Node) -> Iterator[Node]:
    """Each layer that takes the vector, and what reads it several times."""
    size = int(node.shape[0])
    layers = [
        *map(L.Elementwise, FUNCTIONS), L.Softmax(), L.LayerNorm(size), L.BatchNorm1d(size),
        L.Scale(size), L.PReLU(), L.PReLU(size), L.Linear(size, 3), L.SliceChannels(0, size, 2),
        L.Dropout(), L.Flatten(), L.Unflatten(), L.PadChannels(2, 1), L.LocalResponseNorm(3),
        L.ChannelShuffle(2), L.Concat(),
    ]  # fmt: skip
    for layer in layers:
        try:
            yield net.put(layer, node)
        except (LayerError, ShapeError):
            continue
    other = net.put(L.Elementwise("tanh"), node)
    for join in (L.Add, L.Multiply, L.Subtract, L.Divide, L.Maximum, L.Minimum):
        yield net.put(join(), node, node)
        yield net.put(join(), node, other)
        yield net.put(join(), other, node)
    yield net.put(L.Concat(), node, other, node)


def _made(make: Make, which: int | None = None) -> Graph:
    """The producer with all of its consumers, or with one of them."""
    net = Net("pairs")
    producer = make(net, net.put(L.Input(IMAGE)))
    ends = list(_consumers(net, producer))
    return net.finish(ends if which is None else [ends[which]])


def _holds(graph: Graph, *flags: str) -> None:
    tensors = random_tensors(graph)
    images = torch.randn(2, *IMAGE, generator=torch.Generator().manual_seed(1))
    found = load(graph, tensors, flags=flags)(images.numpy())
    wanted = outputs(graph, tensors, images.double())
    usual = outputs(graph, {key: value.float() for key, value in tensors.items()}, images)
    for name, mine, *theirs in zip(graph.outputs, found, wanted, usual, strict=True):
        assert mine.shape == tuple(theirs[0].shape)
        assert alike(mine, *(values.numpy() for values in theirs)).all(), graph[name]


@pytest.mark.parametrize("producer", PRODUCERS)
def test_each_pair_is_emitted_by_itself(producer: str) -> None:
    """With one reader, the consumer can become the last act of the producer."""
    make = PRODUCERS[producer]
    for which in range(len(_made(make).outputs)):
        assert "net_run" in source(plan(_made(make, which)), "net")


def test_outputs_that_are_inputs_or_each_other() -> None:
    net = Net("same")
    image = net.put(L.Input(IMAGE))
    flat = net.put(L.Flatten(), image)
    same = net.put(L.Dropout(), image)
    relu = net.put(L.Elementwise("relu"), same)
    ends = [image, flat, same, relu, net.put(L.Flatten(), relu), net.put(L.Concat(), flat, flat)]
    _holds(net.finish(ends), "-O1")


@pytest.mark.parametrize("flags", [("-DLANES=1", "-O0"), ("-march=native", "-O0")])
@pytest.mark.slow
def test_each_pair_computes_what_pytorch_computes(flags: tuple[str, ...]) -> None:
    net = Net("pairs")
    image = net.put(L.Input(IMAGE))
    ends = [end for make in PRODUCERS.values() for end in _consumers(net, make(net, image))]
    _holds(net.finish(ends), *flags)
