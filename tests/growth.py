"""Networks of any length, and how much work something does on them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from lints.twins import chain, conv

from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layers import (
    Add,
    BatchNorm2d,
    ChannelShuffle,
    Concat,
    Dropout,
    Elementwise,
    Input,
)


def dropouts(count: int) -> Graph:
    """A convolution, dropouts one after the other, and batch norm."""
    return chain(conv(bias=True), *[Dropout(0.5)] * count, BatchNorm2d(8), size=4)


def ladder(count: int) -> Graph:
    """Residual blocks, rectified and in groups, inside a long skip."""
    builder, x = _start("ladder")
    image = x = builder.add("relu", Elementwise("relu"), [x])
    for index in range(count):
        branch = builder.add(f"block{index}.conv", conv(groups=2, bias=True), [x])
        branch = builder.add(f"block{index}.relu", Elementwise("relu"), [branch])
        x = builder.add(f"block{index}.add", Add(), [branch, x])
    return builder.finish([builder.add("last", conv(), [builder.add("add", Add(), [x, image])])])


def groups(count: int) -> Graph:
    """Convolutions in 2 groups, and one that all of them meet in."""
    return chain(*[conv(groups=2)] * count, conv(), size=4)


def shuffles(count: int) -> Graph:
    """Shuffles one after the other, and a convolution that sees none of them."""
    return chain(conv(groups=2), *[ChannelShuffle(2)] * count, conv(), size=4)


def diamonds(count: int) -> Graph:
    """Two ways to every map, so that the ways from end to end double with each."""
    builder, x = _start("diamonds")
    for index in range(count):
        ways = [builder.add(f"way{index}.{key}", Dropout(0.5), [x]) for key in "ab"]
        joined = builder.add(f"concat{index}", Concat(), ways)
        x = builder.add(f"conv{index}", conv(channels=16, groups=2, bias=True), [joined])
    return builder.finish([builder.add("bn", BatchNorm2d(8), [x])])


def ends(count: int) -> Graph:
    """Branches that no output depends on."""
    builder, x = _start("ends")
    for index in range(count):
        builder.add(f"end{index}", Elementwise("relu"), [x])
    return builder.finish([builder.add("last", conv(), [x])])


def rungs(count: int) -> Graph:
    """Two chains side by side, the later maps of one added to the first of the other."""
    builder, image = _start("rungs")
    a = builder.add("relu", Elementwise("relu"), [image])
    first = b = builder.add("first", Elementwise("relu"), [image])
    for index in range(count):
        a = builder.add(f"a{index}", Elementwise("relu"), [a])
        b = builder.add(f"b{index}", Add(), [a, first])
    return builder.finish([a, b])


GROWING: dict[str, Callable[[int], Graph]] = {
    made.__name__: made for made in (dropouts, ladder, groups, shuffles, diamonds, ends, rungs)
}


def work(call: Callable[[], object]) -> int:
    """How many lines of Python run in a call: what a clock would say on a machine without noise."""
    lines = 0

    def count(frame: FrameType, event: str, value: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


def growth(call: Callable[[Graph], object], made: Callable[[int], Graph]) -> float:
    """By how much the work grows from a network to one of four times its length."""
    small, large = made(16), made(64)
    call(made(4))  # imports and caches
    return work(lambda: call(large)) / work(lambda: call(small))


def _start(name: str) -> tuple[GraphBuilder, Node]:
    builder = GraphBuilder(name, "test")
    return builder, builder.add("image", Input((8, 4, 4)))
