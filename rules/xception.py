"""Xception, as Figure 5 of its paper gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.dims import Dim
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Groups, Image, Padding, Repeats, Two, Widths
from ..spec.spec import Spec, StageKeys
from ._parts import BARE, conv_norm, max_pool, pooled_head, shrunk

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision(
    "stem", "two 3x3 without padding, the first with stride 2", "Xception Fig. 5, Keras"
)
_DEPTH = Decision("separable", "3x3 in the rule's m groups", "Xception section 3")
_POINT = Decision("separable", "1x1 over all channels", "Xception section 3")
_SKIP = Decision("skip", "1x1 projection where the shape changes", "Xception Fig. 5")
_ADD = Decision("skip", "the block's input is added to its output", "Xception Fig. 5")
_POOL = Decision("pool", "3x3 with stride 2 ends the block", "Xception Fig. 5")


class Xception(Spec):
    """Every width is a stage; `repeats` are the blocks of the middle flow, in the last but one."""

    input: Image = (3, 299, 299)
    classes: Classes = 1000
    stem: Annotated[Two, Field(description="widths of the first two convolutions")] = (32, 64)
    channels: Widths = (128, 256, 728, 1024)
    repeats: Repeats = 8
    last: Annotated[Two, Field(description="widths of the last two convolutions")] = (1536, 2048)
    groups: Groups = "depthwise"
    padding: Padding = "same"

    def stage_keys(self) -> StageKeys:
        return {"repeats": (f"stage{len(self.channels) - 1}",)}


def expand(net: NetworkBuilder, spec: Xception) -> None:
    """Entry flow, middle flow, exit flow."""
    *entry, exit_width = spec.channels
    (middle,) = spec.broadcast("repeats")
    x = net.image(spec.input)
    with net.scope("stem"):
        for number, width, stride in (("1", spec.stem[0], 2), ("2", spec.stem[1], 1)):
            x = net.conv(f"conv{number}", x, width, 3, stride, (0, 0), bias=False,
                         because=(_STEM, BARE))  # fmt: skip
            x = net.relu(f"relu{number}", net.norm(f"bn{number}", x))
    for stage, width in enumerate(entry):
        with net.scope(f"stage{stage + 1}"):
            x = reducing(net, x, (width, width), relu_first=stage > 0)
            if stage == len(entry) - 1:
                for index in range(middle):
                    with net.scope(f"block{index + 1}"):
                        x = net.add("add", (separables(net, x, (width,) * 3), x), (_ADD,))
    with net.scope(f"stage{len(spec.channels)}"):
        x = reducing(net, x, (x.channels, exit_width))
        for index, width in enumerate(spec.last, 1):
            with net.scope(f"last{index}"):
                x = net.relu("relu", separable(net, "", x, width))
    with net.scope("head"):
        pooled_head(net, x, spec.classes)


def reducing(
    net: NetworkBuilder, x: Node, widths: tuple[Dim, Dim], relu_first: bool = True
) -> Node:
    """Two separable convolutions and pooling, added to a projection of the input."""
    with net.scope("down"):
        branch = max_pool(net, "pool", separables(net, x, widths, relu_first), (_POOL,))
        with net.scope("skip"):
            kept, stride = shrunk(net, x, 2, branch)
            kept = conv_norm(net, "", kept, widths[-1], 1, stride, because=(_SKIP,))
        return net.add("add", (branch, kept), (_ADD,))


def separables(
    net: NetworkBuilder, x: Node, widths: tuple[Dim, ...], relu_first: bool = True
) -> Node:
    """A ReLU before each separable convolution; the very first of the network has none."""
    for number, width in enumerate(widths, 1):
        if number > 1 or relu_first:
            x = net.relu(f"relu{number}", x)
        x = separable(net, str(number), x, width)
    return x


def separable(net: NetworkBuilder, number: str, x: Node, width: Dim) -> Node:
    """3x3 within each channel, 1x1 over all of them, then batch norm."""
    m, _, why = net.grouping(x.channels)
    x = net.conv(f"depthwise{number}", x, x.channels, 3, groups=m, bias=False,
                 because=(why, _DEPTH))  # fmt: skip
    x = net.conv(f"pointwise{number}", x, width, bias=False, because=(_POINT, BARE))
    return net.norm(f"bn{number}", x)


FAMILY = Family(
    summary="separable convolutions: 3x3 within each channel, then 1x1, with residual skips",
    source="Xception (arXiv:1610.02357), Figure 5",
    spec=Xception,
    expand=expand,
    scaled=("stem", "last"),
    presets={"xception": Preset({}, 22_855_952, "timm, legacy_xception")},
)
