"""ResNet, for ImageNet as its paper's Table 1 gives it, and for CIFAR as section 4.2 does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ..ir.dims import certainly_equal
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Groups, Image, Padding, Repeats, Widths
from ..spec.spec import Spec, StageKeys, stages
from ..support.errors import RuleError, SpecError
from ._parts import conv_norm, conv_norm_relu, max_pool, pooled_head, shrunk

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "7x7 with stride 2, then 3x3 maximum pooling", "ResNet Table 1")
_SMALL = Decision("stem", "3x3 at full resolution", "ResNet section 4.2")
_WIDE = Decision("bottleneck", "four times as wide as its middle", "ResNet Table 1")
_FIRST = Decision("stride", "the 3x3 reduces, so that it reads every pixel", "torchvision (v1.5)")
_PRINT = Decision("stride", "the first 1x1 reduces", "the authors' Caffe models (v1)")
_PROJECT = Decision("skip", "1x1 projection where the shape changes", "ResNet eq. 2, option B")
_ZEROS = Decision("skip", "every other pixel, and channels of zeros", "ResNet 3.3, option A")
_ADD = Decision("skip", "the block's input is added to its output", "ResNet eq. 1")
_MIX = Decision(
    "shuffle", "each group of the next convolution meets every group", "HENet Fig. 2(b)"
)


class ResNet(Spec):
    """Every width is a stage; all but the first halve the resolution."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    channels: Widths = (64, 128, 256, 512)
    repeats: Repeats = (3, 4, 6, 3)
    block: Annotated[
        Literal["basic", "bottleneck"],
        Field(description="two 3x3, or a 3x3 between two 1x1 with four times the width"),
    ] = "bottleneck"
    stem: Annotated[
        Literal["imagenet", "cifar"], Field(description="7x7 and pooling, or one 3x3")
    ] = "imagenet"
    skip: Annotated[
        Literal["projection", "zeros"], Field(description="where the shape changes: option B or A")
    ] = "projection"
    stride_in: Annotated[
        Literal["3x3", "1x1"], Field(description="which convolution of a bottleneck strides")
    ] = "3x3"
    groups: Groups = "dense"
    padding: Padding = "same"

    def agree(self) -> None:
        super().agree()
        if self.block == "basic" and self.stride_in != "3x3":
            raise SpecError(
                "stride_in means nothing to basic blocks, which have no 1x1",
                key="stride_in",
                fix="block = 'bottleneck', or no stride_in",
            )

    def stage_keys(self) -> StageKeys:
        return {"repeats": stages(len(self.channels))}


def expand(net: NetworkBuilder, spec: ResNet) -> None:
    """Stem, stages of residual blocks, pooled head."""
    x = net.image(spec.input)
    with net.scope("stem"):
        if spec.stem == "imagenet":
            x = conv_norm_relu(net, "", x, spec.channels[0], 7, 2, because=(_STEM,))
            x = max_pool(net, "pool", x, (_STEM,))
        else:
            x = conv_norm_relu(net, "", x, spec.channels[0], 3, because=(_SMALL,))
    rows = zip(spec.channels, spec.broadcast("repeats"), strict=True)
    for stage, (width, repeats) in enumerate(rows):
        with net.scope(f"stage{stage + 1}"):
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = block(net, x, width, 2 if stage and not index else 1, spec)
    with net.scope("head"):
        pooled_head(net, x, spec.classes)


def block(net: NetworkBuilder, x: Node, width: int, stride: int, spec: ResNet) -> Node:
    """The branch, added to the block's input or to what the skip makes of it."""
    if spec.block == "basic":
        branch = basic(net, x, width, stride)
    else:
        branch = bottleneck(net, x, width, stride, spec.stride_in)
    kept = (
        skip(net, x, stride, branch, spec.skip) if not certainly_equal(x.shape, branch.shape) else x
    )
    return net.relu("relu", net.add("add", (branch, kept), (_ADD,)))


def basic(net: NetworkBuilder, x: Node, width: int, stride: int) -> Node:
    """Two 3x3, in m and n groups with a shuffle between where a rule groups them."""
    m, n, why = net.grouping(width)
    x = conv_norm(net, "1", x, width, 3, stride, groups=m, because=(why,))
    if m > 1 and n > 1:
        x = net.shuffle("shuffle", x, m, (why, _MIX))
    return conv_norm(net, "2", net.relu("relu1", x), width, 3, groups=n, because=(why,))


def bottleneck(net: NetworkBuilder, x: Node, width: int, stride: int, stride_in: str) -> Node:
    """1x1, 3x3 in m groups, 1x1."""
    m, _, why = net.grouping(width)
    first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
    moved = () if stride == 1 else (_PRINT if stride_in == "1x1" else _FIRST,)
    x = conv_norm_relu(net, "1", x, width, 1, first, because=moved)
    x = conv_norm_relu(net, "2", x, width, 3, second, groups=m, because=(why, *moved))
    return conv_norm(net, "3", x, 4 * width, because=(_WIDE,))


def skip(net: NetworkBuilder, x: Node, stride: int, like: Node, how: str) -> Node:
    """The block's input in the shape of its output."""
    with net.scope("skip"):
        x, stride = shrunk(net, x, stride, like)
        if how == "projection":
            return conv_norm(net, "", x, like.channels, 1, stride, because=(_PROJECT,))
        if like.channels < x.channels:
            raise RuleError(
                f"channels of zeros cannot make {like.channels} channels of {x.channels}",
                why=f"{_ZEROS.reason} ({_ZEROS.source})",
                fix="skip = 'projection', or widths that do not shrink",
            )
        if stride > 1:
            x = net.max_pool("pool", x, 1, stride, because=(_ZEROS,))
        return net.pad_channels("pad", x, like.channels, (_ZEROS,))


_IMAGENET = {
    18: ("basic", (2, 2, 2, 2), 11_689_512),
    34: ("basic", (3, 4, 6, 3), 21_797_672),
    50: ("bottleneck", (3, 4, 6, 3), 25_557_032),
    101: ("bottleneck", (3, 4, 23, 3), 44_549_160),
    152: ("bottleneck", (3, 8, 36, 3), 60_192_808),
}
_CIFAR = {
    "input": (3, 32, 32),
    "classes": 10,
    "channels": (16, 32, 64),
    "block": "basic",
    "stem": "cifar",
    "skip": "zeros",
}

FAMILY = Family(
    summary="residual blocks: two or three convolutions, added to their input",
    source="ResNet (arXiv:1512.03385), Table 1 and section 4.2",
    spec=ResNet,
    expand=expand,
    presets={
        f"resnet{depth}": Preset(
            {"block": kind, "repeats": repeats}, params, f"torchvision, resnet{depth}"
        )
        for depth, (kind, repeats, params) in _IMAGENET.items()
    }
    | {
        f"resnet{depth}": Preset(_CIFAR | {"repeats": (depth - 2) // 6})
        for depth in (20, 32, 44, 56, 110)
    },
)
