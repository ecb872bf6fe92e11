"""MobileNet, as Table 1 of its paper gives it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Groups, Image, Multiplier, Padding, Repeats, Size, Widths
from ..spec.spec import Spec, StageKeys, stages
from ._parts import conv_norm_relu, pooled_head

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "3x3 with stride 2", "MobileNet Table 1")
_DEPTH = Decision("separable", "3x3 in the rule's m groups", "MobileNet section 3.1")
_POINT = Decision("separable", "1x1 over all channels", "MobileNet section 3.1")


class MobileNet(Spec):
    """Every width is a stage; all but the first halve the resolution."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    width: Multiplier = 1.0
    stem: Annotated[Size, Field(description="width of the first convolution")] = 32
    channels: Widths = (64, 128, 256, 512, 1024)
    repeats: Repeats = (1, 2, 2, 6, 2)
    groups: Groups = "depthwise"
    padding: Padding = "same"

    def stage_keys(self) -> StageKeys:
        return {"repeats": stages(len(self.channels))}


def expand(net: NetworkBuilder, spec: MobileNet) -> None:
    """Stem, stages of separable convolutions, pooled head."""
    scaled = _scale(spec.width)
    x = net.image(spec.input)
    with net.scope("stem"):
        stem, why = scaled(spec.stem)
        x = conv_norm_relu(net, "", x, stem, 3, 2, because=(why, _STEM))
    rows = zip(spec.channels, spec.broadcast("repeats"), strict=True)
    for stage, (channels, repeats) in enumerate(rows):
        width, why = scaled(channels)
        with net.scope(f"stage{stage + 1}"):
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = separable(net, x, width, 2 if stage and not index else 1, why)
    with net.scope("head"):
        pooled_head(net, x, spec.classes)


def separable(net: NetworkBuilder, x: Node, width: int, stride: int, wide: Decision) -> Node:
    """3x3 within each channel, 1x1 over all, each with batch norm and ReLU."""
    m, _, why = net.grouping(x.channels)
    x = conv_norm_relu(net, "1", x, x.channels, 3, stride, groups=m, because=(why, _DEPTH))
    return conv_norm_relu(net, "2", x, width, because=(wide, _POINT))


def _scale(multiplier: float) -> Callable[[int], tuple[int, Decision]]:
    exact = Fraction(str(multiplier))

    def scaled(width: int) -> tuple[int, Decision]:
        number = width if multiplier == 1 else max(1, int(width * exact))
        reason = f"{width} times {multiplier:g}, rounded down: {number}"
        return number, Decision("width", reason, "MobileNet section 3.3")

    return scaled


_WIDTHS = {
    "": (1.0, 4_231_976, "w1"),
    "-075": (0.75, 2_585_560, "w3d4"),
    "-050": (0.5, 1_331_592, "wd2"),
    "-025": (0.25, 470_072, "wd4"),
}

FAMILY = Family(
    summary="depthwise 3x3, then 1x1, at any width",
    source="MobileNet (arXiv:1704.04861), Table 1",
    spec=MobileNet,
    expand=expand,
    scaled=("stem",),
    presets={
        f"mobilenet{name}": Preset({"width": width}, params, f"pytorchcv, mobilenet_{reference}")
        for name, (width, params, reference) in _WIDTHS.items()
    },
)
