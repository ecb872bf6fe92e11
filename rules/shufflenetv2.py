"""ShuffleNetV2, as Table 5 of its paper gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.dims import Dim, divides
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Groups, Image, Padding, Repeats, Size, Widths
from ..spec.spec import Spec, StageKeys, stages
from ..support.errors import RuleError
from ._parts import conv_norm, conv_norm_relu, max_pool, pooled_head

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "3x3 with stride 2, then 3x3 maximum pooling", "ShuffleNetV2 Table 5")
_SPLIT = Decision("split", "half of the channels goes on as it is", "ShuffleNetV2 Fig. 3(c)")
_EQUAL = Decision("branch", "equal widths cost least memory access: G1", "ShuffleNetV2 section 2")
_DEPTH = Decision("depthwise", "3x3 in the rule's m groups", "ShuffleNetV2 Fig. 3(c)")
_BOTH = Decision("down", "no split: both branches read all channels", "ShuffleNetV2 Fig. 3(d)")
_JOIN = Decision("join", "both halves joined, not added: G4", "ShuffleNetV2 section 3")
_MIX = Decision("shuffle", "lets the halves meet in the next unit", "ShuffleNetV2 section 3")
_LAST = Decision("last", "1x1 before the mean", "ShuffleNetV2 Table 5")


class ShuffleNetV2(Spec):
    """Every width is a stage that starts with a unit of stride 2; repeats are the units after."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    stem: Annotated[Size, Field(description="width of the first convolution")] = 24
    channels: Widths = (116, 232, 464)
    repeats: Repeats = (3, 7, 3)
    last: Annotated[Size, Field(description="width of the last convolution")] = 1024
    groups: Groups = "depthwise"
    padding: Padding = "same"

    def stage_keys(self) -> StageKeys:
        return {"repeats": stages(len(self.channels))}


def expand(net: NetworkBuilder, spec: ShuffleNetV2) -> None:
    """Stem and pooling, stages of units, a last 1x1, pooled head."""
    x = net.image(spec.input)
    with net.scope("stem"):
        x = conv_norm_relu(net, "", x, spec.stem, 3, 2, because=(_STEM,))
        x = max_pool(net, "pool", x, (_STEM,))
    for stage, (width, repeats) in enumerate(
        zip(spec.channels, spec.broadcast("repeats"), strict=True)
    ):
        with net.scope(f"stage{stage + 1}"):
            x = stride2_unit(net, x, width)
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = stride1_unit(net, x)
    with net.scope("head"):
        x = conv_norm_relu(net, "", x, spec.last, because=(_LAST,))
        pooled_head(net, x, spec.classes)


def stride1_unit(net: NetworkBuilder, x: Node) -> Node:
    """One half as it is, the other through the branch, joined and shuffled."""
    half = x.channels // 2
    kept = net.slice_channels("kept", x, 0, half, (_SPLIT,))
    taken = net.slice_channels("taken", x, half, x.channels, (_SPLIT,))
    return joined(net, kept, branch(net, taken, half, 1))


def stride2_unit(net: NetworkBuilder, x: Node, width: Dim) -> Node:
    """All channels through a separable convolution and through the branch, side by side."""
    if divides(2, width) is False:
        raise RuleError(
            f"two branches cannot make {width} channels in equal halves",
            why=f"{_EQUAL.reason} ({_EQUAL.source})",
            fix="even widths",
        )
    half = width // 2
    with net.scope("down"):
        with net.scope("skip"):
            m, _, why = net.grouping(x.channels)
            kept = conv_norm(net, "1", x, x.channels, 3, 2, groups=m, because=(why, _BOTH))
            kept = conv_norm_relu(net, "2", kept, half, because=(_EQUAL,))
        return joined(net, kept, branch(net, x, half, 2))


def branch(net: NetworkBuilder, x: Node, width: Dim, stride: int) -> Node:
    """1x1, depthwise 3x3 without a ReLU, 1x1, all of one width."""
    m, _, why = net.grouping(width)
    x = conv_norm_relu(net, "1", x, width, because=(_EQUAL,))
    x = conv_norm(net, "2", x, width, 3, stride, groups=m, because=(why, _DEPTH))
    return conv_norm_relu(net, "3", x, width, because=(_EQUAL,))


def joined(net: NetworkBuilder, kept: Node, made: Node) -> Node:
    """The halves in turns."""
    return net.shuffle("shuffle", net.concat("concat", (kept, made), (_JOIN,)), 2, (_MIX,))


_SIZES = {
    "": ((116, 232, 464), 1024, 2_278_604, "1_0"),
    "-x050": ((48, 96, 192), 1024, 1_366_792, "0_5"),
    "-x150": ((176, 352, 704), 1024, 3_503_624, "1_5"),
    "-x200": ((244, 488, 976), 2048, 7_393_996, "2_0"),
}

FAMILY = Family(
    summary="units that split their channels, join the halves and shuffle them",
    source="ShuffleNetV2 (arXiv:1807.11164), Table 5",
    spec=ShuffleNetV2,
    expand=expand,
    scaled=("stem", "last"),
    presets={
        f"shufflenetv2{name}": Preset(
            {"channels": widths, "last": last}, params, f"torchvision, shufflenet_v2_x{size}"
        )
        for name, (widths, last, params, size) in _SIZES.items()
    },
)
