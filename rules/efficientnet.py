"""EfficientNet, as Table 1 of its paper gives it, and its authors' lite variants."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from ..ir.dims import Dim, certainly_below
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import (
    Classes,
    Count,
    Dropped,
    Epsilon,
    Flag,
    Groups,
    Image,
    Kernels,
    Momentum,
    Multiplier,
    Padding,
    Repeats,
    Size,
    Strides,
    Widths,
)
from ..spec.spec import Spec, StageKeys, stages
from ._inverted import Inverted, inverted_residual
from ._parts import conv_norm, multiple_of_8

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "3x3 with stride 2", "EfficientNet Table 1")
_LAST = Decision("last", "1x1 before the mean", "EfficientNet Table 1")
_HEAD = Decision("head", "mean, a share dropped, fully connected", "EfficientNet Table 1, 5.2")
_FIXED = Decision("width", "not scaled, to stay small and fast", "EfficientNet-lite")
_BLOCK = "EfficientNet section 4"


class EfficientNet(Spec):
    """Every width is a stage of inverted residuals."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    width: Multiplier = 1.0
    stem: Annotated[Size, Field(description="width of the first convolution")] = 32
    channels: Widths = (16, 24, 40, 80, 112, 192, 320)
    repeats: Repeats = (1, 2, 2, 3, 3, 4, 1)
    strides: Strides = (1, 2, 2, 2, 1, 2, 1)
    kernels: Annotated[Kernels, Field(description="sizes of the stages' depthwise kernels")] = (
        3, 3, 5, 3, 5, 5, 3,
    )  # fmt: skip
    expansions: Annotated[
        Strides, Field(description="by how much a block widens its input before the depthwise")
    ] = (1, 6, 6, 6, 6, 6, 6)
    squeeze: Annotated[
        Count, Field(description="a block's input divided by the width of the squeeze; 0 for none")
    ] = 4
    last: Annotated[Size, Field(description="width of the last convolution")] = 1280
    scale_ends: Annotated[
        Flag, Field(description="whether width multiplies the first and last convolution too")
    ] = True
    activation: Annotated[
        Literal["silu", "relu6"], Field(description="the function after convolutions")
    ] = "silu"
    dropout: Dropped = 0.2
    eps: Epsilon = 1e-5
    momentum: Momentum = 0.01
    groups: Groups = "depthwise"
    padding: Padding = "same"

    def stage_keys(self) -> StageKeys:
        names = stages(len(self.channels))
        return dict.fromkeys(("repeats", "strides", "kernels", "expansions"), names)


def expand(net: NetworkBuilder, spec: EfficientNet) -> None:
    """Stem, stages of inverted residuals, a last 1x1, pooled head."""
    x = net.image(spec.input)
    with net.scope("stem"):
        width, why = _end(spec.stem, spec)
        x = conv_norm(net, "", x, width, 3, 2, because=(why, _STEM))
        x = net.elementwise("act", x, spec.activation)
    rows = zip(
        spec.channels,
        *(spec.broadcast(key) for key in ("repeats", "strides", "kernels", "expansions")),
        strict=True,
    )
    for stage, (channels, repeats, stride, kernel, expansion) in enumerate(rows):
        width, why = scaled(channels, spec.width)
        with net.scope(f"stage{stage + 1}"):
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = block(net, x, spec, (width, kernel, 1 if index else stride, expansion), why)
    with net.scope("head"):
        width, why = _end(spec.last, spec)
        x = conv_norm(net, "", x, width, because=(why, _LAST))
        x = net.global_pool("pool", net.elementwise("act", x, spec.activation), (_HEAD,))
        x = net.dropout("dropout", net.flatten("flatten", x), spec.dropout, (_HEAD,))
        net.linear("fc", x, spec.classes, (_HEAD,))


def block(
    net: NetworkBuilder,
    x: Node,
    spec: EfficientNet,
    row: tuple[Dim, int, int, int],
    why: Decision,
) -> Node:
    """One block of a row of the table: width, kernel, stride and expansion."""
    width, kernel, stride, expansion = row
    wide = expansion * x.channels
    squeeze = _squeezed(x.channels, spec.squeeze)
    gate = (spec.activation, "sigmoid")
    made = Inverted(wide, width, kernel, stride, squeeze, spec.activation, gate, _BLOCK, why)
    return inverted_residual(net, x, made)


def _squeezed(width: Dim, share: int) -> Dim | None:
    """A share of the width, 1 at least; None where there is no squeeze."""
    if not share:
        return None
    return 1 if certainly_below(width, share) else width // share


def _end(width: int, spec: EfficientNet) -> tuple[Dim, Decision]:
    """The width of the stem or the last convolution."""
    return scaled(width, spec.width) if spec.scale_ends else (width, _FIXED)


def scaled(width: Dim, multiplier: float) -> tuple[Dim, Decision]:
    """The multiple of 8 nearest to the product; a multiplier of 1 leaves any width as it is."""
    if multiplier == 1:
        return width, Decision("width", "as the table has it", "EfficientNet Table 1")
    number = multiple_of_8(width * multiplier)
    reason = f"{width} times {multiplier:g}, to a multiple of 8: {number}"
    return number, Decision("width", reason, "EfficientNet section 3.3")


def _deeper(depth: float, ends: bool = True) -> tuple[int, ...]:
    """The blocks of B0's stages times `depth`, rounded up; `ends` are scaled too or are not."""
    first, *between, last = EfficientNet.model_fields["repeats"].default
    inner = (ceil(count * depth) for count in between)
    return (ceil(first * depth), *inner, ceil(last * depth)) if ends else (first, *inner, last)


_LITE = {"squeeze": 0, "activation": "relu6", "scale_ends": False}


def _network(
    width: float, depth: float, size: int, dropout: float, params: int, name: str
) -> tuple[dict[str, Any], int, str]:
    lite = "lite" in name
    values = {"input": size, "width": width, "repeats": _deeper(depth, not lite)}
    library = "timm" if lite else "torchvision"
    return values | {"dropout": dropout} | (_LITE if lite else {}), params, f"{library}, {name}"


_NETWORKS = {
    "b0": _network(1.0, 1.0, 224, 0.2, 5_288_548, "efficientnet_b0"),
    "b1": _network(1.0, 1.1, 240, 0.2, 7_794_184, "efficientnet_b1"),
    "b2": _network(1.1, 1.2, 260, 0.3, 9_109_994, "efficientnet_b2"),
    "b3": _network(1.2, 1.4, 300, 0.3, 12_233_232, "efficientnet_b3"),
    "b4": _network(1.4, 1.8, 380, 0.4, 19_341_616, "efficientnet_b4"),
    "lite0": _network(1.0, 1.0, 224, 0.2, 4_652_008, "efficientnet_lite0"),
    "lite1": _network(1.0, 1.1, 240, 0.2, 5_416_680, "efficientnet_lite1"),
    "lite2": _network(1.1, 1.2, 260, 0.3, 6_092_072, "efficientnet_lite2"),
    "lite3": _network(1.2, 1.4, 280, 0.3, 8_197_096, "efficientnet_lite3"),
    "lite4": _network(1.4, 1.8, 300, 0.3, 13_006_568, "efficientnet_lite4"),
}
"""Coefficients of width and depth, image, dropout: the authors' code."""

FAMILY = Family(
    summary="inverted residuals with a factor for each channel, scaled in width, depth and image",
    source="EfficientNet (arXiv:1905.11946), Table 1",
    spec=EfficientNet,
    expand=expand,
    scaled=("stem", "last"),
    presets={f"efficientnet-{name}": Preset(*network) for name, network in _NETWORKS.items()},
)
