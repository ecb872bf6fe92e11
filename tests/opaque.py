"""Graphs with operators that no kind describes."""

from __future__ import annotations

from henet_arch.ir.dims import Cost, Shape
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layers import (
    Add,
    Conv2d,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Input,
    Linear,
    Opaque,
)


def opaque(
    builder: GraphBuilder,
    name: str,
    inputs: Node | list[Node],
    shape: Shape,
    cost: Cost = None,
    operator: str = "aten.roll",
    tensors: tuple[tuple[str, Shape], ...] = (),
) -> Node:
    """Add an operator that reads `inputs` and gives `shape`."""
    given = inputs if isinstance(inputs, list) else [inputs]
    shapes = tuple(node.shape for node in given)
    return builder.add(name, Opaque(operator, shapes, shape, tensors, cost), given)


def mixed() -> Graph:
    """Two blocks with an operator of unknown cost, one that moves data, and one that multiplies."""
    builder = GraphBuilder("mixed")
    x = builder.add("image", Input((3, 8, 8)))
    x = builder.add("stem.conv", Conv2d(3, 8, (3, 3), padding=(1, 1)), x)
    for index in (1, 2):
        block = f"stage1.block{index}"
        y = builder.add(f"{block}.conv", Conv2d(8, 8, (1, 1)), x)
        y = opaque(builder, f"{block}.sort", y, (8, 8, 8), operator="aten.sort")
        x = builder.add(f"{block}.add", Add(), [x, y])
        x = builder.add(f"{block}.relu", Elementwise("relu"), x)
    x = opaque(builder, "stage2.roll", x, (8, 8, 8), ())
    x = opaque(
        builder, "stage2.matmul", x, (8, 8, 8), (("mac", 4096),), "aten.mm", (("weight", (8, 8)),)
    )
    x = builder.add("head.flatten", Flatten(), builder.add("head.pool", GlobalAvgPool2d(), x))
    builder.add("head.fc", Linear(8, 5), x)
    return builder.finish()


def known() -> Graph:
    """The same without what is unknown."""
    builder = GraphBuilder("known")
    for node in mixed():
        layer = node.layer
        if not layer.cost_known:
            layer = Elementwise("relu")
        builder.add(node.name, layer, [builder[name] for name in node.inputs])
    return builder.finish()
