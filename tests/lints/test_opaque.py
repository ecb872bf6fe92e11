"""Rules keep silent about what an operator hides, and see what new kinds of layers do."""

from __future__ import annotations

from opaque import opaque

import henet_arch as ha
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    Add,
    ChannelShuffle,
    Conv2d,
    Crop2d,
    Elementwise,
    GlobalAvgPool2d,
    Input,
    Multiply,
    Resize,
    Subtract,
)


def _started(size: int = 8) -> tuple[GraphBuilder, Node]:
    builder = GraphBuilder("net")
    return builder, builder.add("image", Input((8, size, size)))


def _found(graph: Graph, rule: str) -> list[str]:
    return [each.finding.what for each in ha.lint(graph, [rule]).diagnostics]


def _grouped(hidden: bool) -> Graph:
    builder, x = _started()
    x = builder.add("conv1", Conv2d(8, 8, (1, 1), groups=2), x)
    x = opaque(builder, "mix", x, x.shape) if hidden else builder.add("mix", Elementwise("relu"), x)
    builder.add("conv2", Conv2d(8, 8, (1, 1), groups=2), x)
    return builder.finish()


def test_groups_may_meet_in_an_opaque_layer() -> None:
    assert _found(_grouped(False), "HA102")
    assert not _found(_grouped(True), "HA102")


def test_an_opaque_layer_may_see_a_shuffle() -> None:
    for hidden in (False, True):
        builder, x = _started()
        x = builder.add("shuffle", ChannelShuffle(2), x)
        if hidden:
            x = opaque(builder, "op", x, x.shape, (("mac", 9),))
        builder.add("conv", Conv2d(8, 8, (1, 1)), x)
        assert bool(_found(builder.finish(), "HA103")) != hidden


def test_pixels_that_a_crop_or_a_smaller_map_leaves_out() -> None:
    def read_by(layer: Layer) -> list[str]:
        builder, x = _started()
        builder.add("reader", layer, builder.add("conv", Conv2d(8, 8, (1, 1)), x))
        return [text for text in _found(builder.finish(), "HA201") if "of conv" in text]

    assert "column 7 of 8x8" in read_by(Crop2d((0, 0, 0, 1)))[0]
    assert "48 of 64 pixels" in read_by(Resize((0.5, 0.5)))[0]
    assert not read_by(Resize((2.0, 2.0)))
    assert not read_by(GlobalAvgPool2d())
    builder, x = _started()
    opaque(builder, "op", builder.add("conv", Conv2d(8, 8, (1, 1)), x), (8, 4, 4))
    assert not _found(builder.finish(), "HA201")


def test_sums_behind_a_difference_or_an_opaque_layer_may_fall() -> None:
    for layer, expected in ((None, True), (Subtract(), False), ("opaque", False)):
        builder, x = _started()
        skip = builder.add("relu1", Elementwise("relu"), x)
        y = builder.add("conv", Conv2d(8, 8, (1, 1)), skip)
        y = builder.add("relu2", Elementwise("relu"), y)
        if isinstance(layer, Layer):
            y = builder.add("less", layer, [y, skip])
        elif layer:
            y = opaque(builder, "op", y, y.shape)
        builder.add("sum", Add(), [skip, y])
        assert bool(_found(builder.finish(), "HA106")) == expected


def test_a_factor_for_each_channel_is_aligned_with_every_map() -> None:
    builder, x = _started()
    pooled = builder.add("pool", GlobalAvgPool2d(), x)
    builder.add("gate", Multiply(), [builder.add("conv", Conv2d(8, 8, (1, 1)), x), pooled])
    assert not _found(builder.finish(), "HA105")
    builder, x = _started()
    y = opaque(builder, "op", x, x.shape)
    builder.add("sum", Add(), [x, y])
    assert not _found(builder.finish(), "HA105")
