"""MobileNetV3, as Tables 1 and 2 of its paper give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field, Strict

from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import (
    Classes,
    Epsilon,
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
from ..support.limits import MOST_WIDTHS
from ._inverted import Inverted, inverted_residual
from ._parts import conv_norm, multiple_of_8

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "3x3 with stride 2", "MobileNetV3 Table 1")
_LAST = Decision("last", "1x1 before the mean", "MobileNetV3 Fig. 5")
_HIDDEN = Decision("head", "1x1 after the mean, without batch norm", "MobileNetV3 Fig. 5")
_HEAD = Decision("head", "20 % dropped, fully connected", "torchvision, mobilenet_v3_large")
_BLOCK = "MobileNetV3 Fig. 4"
_CODE = "the authors' code, models/research/slim/nets/mobilenet"
_SWISH = "hardswish"

Factor = Annotated[float, Strict(), Field(ge=1, le=64, allow_inf_nan=False)]
Factors = Annotated[tuple[Factor, ...], Field(min_length=1, max_length=MOST_WIDTHS)]


class MobileNetV3(Spec):
    """Every width is a stage: its #out of the table, with exp size, SE, NL and s."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    width: Multiplier = 1.0
    stem: Annotated[Size, Field(description="width of the first convolution")] = 16
    channels: Widths = (16, 24, 40, 80, 112, 160)
    repeats: Repeats = (1, 2, 3, 4, 2, 3)
    strides: Strides = (1, 2, 2, 2, 1, 2)
    kernels: Annotated[Kernels, Field(description="sizes of the stages' depthwise kernels")] = (
        3, 3, 5, 3, 3, 5,
    )  # fmt: skip
    expansions: Annotated[
        tuple[Factors, ...],
        Field(
            min_length=1,
            max_length=MOST_WIDTHS,
            description="by how much each stage's blocks widen their input; the last of a stage "
            "holds for all further blocks",
        ),
    ] = ((1,), (4, 3), (3,), (6, 2.5, 2.3), (6,), (6,))
    squeeze: Annotated[
        Repeats, Field(description="a block's middle divided by the squeeze's width; 0 for none")
    ] = (0, 0, 4, 0, 4, 4)
    hard_swish_from: Annotated[
        Size, Field(description="the first stage with hard swish; those before have ReLU")
    ] = 4
    last: Annotated[Size, Field(description="width of the last convolution")] = 960
    hidden: Annotated[Size, Field(description="width of the layer after the mean")] = 1280
    eps: Epsilon = 1e-3
    momentum: Momentum = 0.01
    groups: Groups = "depthwise"
    padding: Padding = "same"

    def stage_keys(self) -> StageKeys:
        names = stages(len(self.channels))
        keys = ("repeats", "strides", "kernels", "expansions", "squeeze")
        return dict.fromkeys(keys, names)


def expand(net: NetworkBuilder, spec: MobileNetV3) -> None:
    """Stem, stages of inverted residuals, a last 1x1, a hidden layer after the mean."""
    x = net.image(spec.input)
    with net.scope("stem"):
        width, why = rounded(spec.stem * spec.width)
        x = conv_norm(net, "", x, width, 3, 2, because=(why, _STEM))
        x = net.elementwise("act", x, _SWISH)
    rows = zip(
        spec.channels,
        spec.expansions,
        *(spec.broadcast(key) for key in ("repeats", "strides", "kernels", "squeeze")),
        strict=True,
    )
    for stage, (channels, factors, repeats, stride, kernel, share) in enumerate(rows):
        function = _SWISH if stage + 1 >= spec.hard_swish_from else "relu"
        with net.scope(f"stage{stage + 1}"):
            for index in range(repeats):
                factor = factors[min(index, len(factors) - 1)]
                row = Row(channels * spec.width, factor, kernel, 1 if index else stride, share)
                with net.scope(f"block{index + 1}"):
                    x = block(net, x, row, function)
    with net.scope("head"):
        width, why = rounded(spec.last * spec.width)
        x = net.elementwise("act1", conv_norm(net, "", x, width, because=(why, _LAST)), _SWISH)
        x = net.flatten("flatten", net.global_pool("pool", x, (_LAST,)))
        x = net.linear("hidden", x, spec.hidden, (_HIDDEN,))
        x = net.dropout("dropout", net.elementwise("act2", x, _SWISH), 0.2, (_HEAD,))
        net.linear("fc", x, spec.classes, (_HEAD,))


class Row(NamedTuple):
    """What the table says of one block, its width multiplied."""

    width: float
    factor: float
    kernel: int
    stride: int
    share: int


def block(net: NetworkBuilder, x: Node, row: Row, function: str) -> Node:
    """Every width is a multiple of 8, the squeeze's too."""
    wide, _ = rounded(row.factor * x.channels)
    out, why = rounded(row.width)
    squeeze = multiple_of_8(wide // row.share) if row.share else None
    gate = ("relu", "hardsigmoid")
    made = Inverted(wide, out, row.kernel, row.stride, squeeze, function, gate, _BLOCK, why)
    return inverted_residual(net, x, made)


def rounded(wanted: float) -> tuple[int, Decision]:
    """The nearest multiple of 8, and never 10 % below it."""
    number = multiple_of_8(wanted)
    return number, Decision("width", f"{wanted:g}, to a multiple of 8: {number}", _CODE)


_SMALL = {
    "channels": (16, 24, 40, 48, 96),
    "repeats": (1, 2, 3, 2, 3),
    "strides": (2, 2, 2, 1, 2),
    "kernels": (3, 3, 5, 5, 5),
    "expansions": ((1,), (4.5, 3.67), (4, 6), (3,), (6,)),
    "squeeze": (4, 0, 4, 4, 4),
    "hard_swish_from": 3,
    "last": 576,
    "hidden": 1024,
}

FAMILY = Family(
    summary="inverted residuals with hard swish and, in some stages, a factor for each channel",
    source="MobileNetV3 (arXiv:1905.02244), Tables 1 and 2",
    spec=MobileNetV3,
    expand=expand,
    presets={
        "mobilenetv3-large": Preset({}, 5_483_032, "torchvision, mobilenet_v3_large"),
        "mobilenetv3-small": Preset(_SMALL, 2_542_856, "torchvision, mobilenet_v3_small"),
        "mobilenetv3-large-075": Preset({"width": 0.75}, 3_993_528, "timm, mobilenetv3_large_075"),
        "mobilenetv3-small-075": Preset(
            {**_SMALL, "width": 0.75}, 2_041_872, "timm, mobilenetv3_small_075"
        ),
    },
)
