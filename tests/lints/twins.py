"""For each lint rule a network that fires it, and a twin, one change apart, that does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import henet_arch as ha
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    Add,
    BatchNorm2d,
    ChannelShuffle,
    Conv2d,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Input,
    Linear,
)

Network = Graph | ha.Spec


def chain(*layers: Layer, channels: int = 8, size: int = 8) -> Graph:
    """Layers that each read the one before, named `layer1`, `layer2`, ... after the image."""
    builder = GraphBuilder("chain", "test")
    x = builder.add("image", Input((channels, size, size)))
    for index, layer in enumerate(layers, 1):
        x = builder.add(f"layer{index}", layer, [x])
    return builder.finish()


def conv(
    out: int = 8, kernel: int = 1, stride: int = 1, padding: int = 0, *, channels: int = 8,
    groups: int = 1, bias: bool = False,
) -> Conv2d:  # fmt: skip
    """A convolution of square windows, without bias unless it is asked for."""
    window = ((kernel, kernel), (stride, stride), (padding, padding))
    return Conv2d(channels, out, *window, groups=groups, bias=bias)


def joined(outputs: Callable[[GraphBuilder, Node], Sequence[Node]]) -> Graph:
    """An image of 8 x 9 x 9 and what `outputs` makes of it."""
    builder = GraphBuilder("joined", "test")
    x = builder.add("image", Input((8, 9, 9)))
    return builder.finish(outputs(builder, x))


def _branch(*, read: bool) -> Graph:
    def made(builder: GraphBuilder, x: Node) -> list[Node]:
        aside = builder.add(
            "aside.relu", Elementwise("relu"), [builder.add("aside.conv", conv(), [x])]
        )
        main = builder.add("main", conv(), [x])
        return [main, aside] if read else [main]

    return joined(made)


def _sum(kernel: int, stride: int, padding: int) -> Graph:
    """Every other pixel from the first on, added to another convolution of the image."""

    def made(builder: GraphBuilder, x: Node) -> list[Node]:
        skip = builder.add("skip", conv(8, 1, 2), [x])
        branch = builder.add("branch", conv(8, kernel, stride, padding), [x])
        return [builder.add("add", Add(), [branch, skip])]

    return joined(made)


def _residual(*, rectified: bool) -> Graph:
    def made(builder: GraphBuilder, x: Node) -> list[Node]:
        x = builder.add("relu", Elementwise("relu"), [x])
        branch = builder.add("conv", conv(), [x])
        if rectified:
            branch = builder.add("relu2", Elementwise("relu"), [branch])
        return [builder.add("add", Add(), [branch, x])]

    return joined(made)


TWINS: dict[str, tuple[Network, Network]] = {
    "bias-before-batch-norm": (
        chain(conv(bias=True), ChannelShuffle(2), BatchNorm2d(8)),
        chain(conv(bias=False), ChannelShuffle(2), BatchNorm2d(8)),
    ),
    "groups-never-mix": (
        chain(conv(groups=2), Elementwise("relu"), conv(groups=2), Flatten(), Linear(512, 2)),
        chain(conv(groups=2), ChannelShuffle(2), conv(groups=2), Flatten(), Linear(512, 2)),
    ),
    "shuffle-without-effect": (
        ha.Spec(channels=(24, 48), groups="dense"),
        ha.Spec(channels=(24, 48), groups="nearest-divisors"),
    ),
    "dead-branch": (_branch(read=False), _branch(read=True)),
    "unlike-addition": (_sum(5, 1, 0), _sum(5, 2, 2)),
    "rectified-branch": (_residual(rectified=True), _residual(rectified=False)),
    "dropped-pixels": (
        ha.Spec(padding="valid", input=(3, 32, 32)),
        ha.Spec(padding="valid", input=(3, 31, 31)),
    ),
    "far-divisors": (
        ha.Spec(channels=(46, 4)),
        ha.Spec(channels=(48, 4)),
    ),
    "dominant-linear": (
        chain(conv(32), Flatten(), Linear(2048, 3)),
        chain(conv(32), GlobalAvgPool2d(), Flatten(), Linear(32, 3)),
    ),
    "memory-bound": (
        chain(conv(64, channels=64, groups=16), channels=64),
        chain(conv(64, channels=64), channels=64),
    ),
}
"""By the rule's name."""
