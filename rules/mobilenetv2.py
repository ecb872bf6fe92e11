"""MobileNetV2, as Table 2 of its paper gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.dims import certainly_equal
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import (
    Classes,
    Groups,
    Image,
    Multiplier,
    Padding,
    Repeats,
    Size,
    Strides,
    Widths,
)
from ..spec.spec import Spec, StageKeys, stages
from ._parts import conv_norm, multiple_of_8

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "3x3 with stride 2", "MobileNetV2 Table 2")
_EXPAND = Decision("expansion", "1x1 to t times the width", "MobileNetV2 Table 1")
_DEPTH = Decision("depthwise", "3x3 in the rule's m groups", "MobileNetV2 Table 1")
_LINEAR = Decision("bottleneck", "1x1 without ReLU: a linear bottleneck", "MobileNetV2 Table 1")
_ADD = Decision("skip", "input and output have one shape", "MobileNetV2 Fig. 4(d)")
_LAST = Decision("last", "1x1 before the mean; never narrower than printed", "MobileNetV2 4")
_HEAD = Decision("head", "mean, 20 % dropped, fully connected", "torchvision, mobilenet_v2")


class MobileNetV2(Spec):
    """Every width is a stage: c of the table, with t, n and s."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    width: Multiplier = 1.0
    stem: Annotated[Size, Field(description="width of the first convolution")] = 32
    channels: Widths = (16, 24, 32, 64, 96, 160, 320)
    repeats: Repeats = (1, 2, 3, 4, 3, 3, 1)
    strides: Strides = (1, 2, 2, 2, 1, 2, 1)
    expansions: Annotated[
        Strides, Field(description="by how much a block widens its input before the 3x3")
    ] = (1, 6, 6, 6, 6, 6, 6)
    last: Annotated[Size, Field(description="width of the last convolution")] = 1280
    groups: Groups = "depthwise"
    padding: Padding = "same"

    def stage_keys(self) -> StageKeys:
        names = stages(len(self.channels))
        return dict.fromkeys(("repeats", "strides", "expansions"), names)


def expand(net: NetworkBuilder, spec: MobileNetV2) -> None:
    """Stem, stages of inverted residuals, a last 1x1, pooled head."""
    x = net.image(spec.input)
    with net.scope("stem"):
        width, why = rounded(spec.stem, spec.width)
        x = conv_norm(net, "", x, width, 3, 2, because=(why, _STEM))
        x = net.elementwise("relu", x, "relu6")
    rows = zip(
        spec.channels,
        *(spec.broadcast(key) for key in ("expansions", "repeats", "strides")),
        strict=True,
    )
    for stage, (channels, expansion, repeats, stride) in enumerate(rows):
        width, why = rounded(channels, spec.width)
        with net.scope(f"stage{stage + 1}"):
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = residual(net, x, width, expansion, 1 if index else stride, why)
    with net.scope("head"):
        width, why = rounded(spec.last, max(1.0, spec.width))
        x = net.elementwise("relu", conv_norm(net, "", x, width, because=(why, _LAST)), "relu6")
        x = net.flatten("flatten", net.global_pool("pool", x, (_HEAD,)))
        net.linear("fc", net.dropout("dropout", x, 0.2, (_HEAD,)), spec.classes, (_HEAD,))


def residual(
    net: NetworkBuilder, x: Node, out: int, expansion: int, stride: int, wide: Decision
) -> Node:
    """Wide in the middle, narrow at both ends; added to its input where the shapes agree."""
    h = x
    if expansion > 1:
        h = conv_norm(net, "1", x, expansion * x.channels, because=(_EXPAND,))
        h = net.elementwise("relu1", h, "relu6")
    m, _, why = net.grouping(h.channels)
    h = conv_norm(net, "2", h, h.channels, 3, stride, groups=m, because=(why, _DEPTH))
    h = conv_norm(net, "3", net.elementwise("relu2", h, "relu6"), out, because=(wide, _LINEAR))
    return net.add("add", (h, x), (_ADD,)) if certainly_equal(h.shape, x.shape) else h


def rounded(width: int, multiplier: float) -> tuple[int, Decision]:
    """The multiple of 8 nearest to the product, and never 10 % below it."""
    number = multiple_of_8(width * multiplier)
    reason = f"{width} times {multiplier:g}, to a multiple of 8: {number}"
    return number, Decision("width", reason, "torchvision, mobilenet_v2")


_WIDTHS = {
    "": (1.0, 3_504_872, "torchvision, mobilenet_v2"),
    "-140": (1.4, 6_108_776, "timm, mobilenetv2_140"),
    "-075": (0.75, 2_636_424, "timm, mobilenetv2_075"),
    "-050": (0.5, 1_968_680, "timm, mobilenetv2_050"),
    "-035": (0.35, 1_677_128, "timm, mobilenetv2_035"),
}

FAMILY = Family(
    summary="inverted residuals: narrow ends, a wide depthwise 3x3 between them",
    source="MobileNetV2 (arXiv:1801.04381), Table 2",
    spec=MobileNetV2,
    expand=expand,
    presets={
        f"mobilenetv2{name}": Preset({"width": width}, params, reference)
        for name, (width, params, reference) in _WIDTHS.items()
    },
)
