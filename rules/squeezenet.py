"""SqueezeNet, as Table 1 of its paper gives it, and version 1.1 of its authors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.dims import Dim, require_at_least
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Image, Kernel, Padding, Repeats, Size, Strides, Widths
from ..spec.spec import Spec, StageKeys, stages
from ..support.errors import RuleError
from ._parts import padded

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "7x7 with stride 2, or 3x3 in version 1.1", "SqueezeNet Table 1")
_POOL = Decision("pool", "largest of 3x3 with stride 2, sizes rounded up", "SqueezeNet, Caffe")
_SQUEEZE = Decision("squeeze", "1x1 to a share of the module's width", "SqueezeNet section 3.2")
_EXPAND = Decision("expand", "half of the width from 1x1, half from 3x3", "SqueezeNet Table 1")
_JOIN = Decision("expand", "both halves joined", "SqueezeNet Fig. 1")
_DROP = Decision("dropout", "half, after the last module", "SqueezeNet section 3.3")
_HEAD = Decision("head", "one map for each class, and its mean", "SqueezeNet Table 1")


class SqueezeNet(Spec):
    """Every width is a stage of fire modules; a stride of 2 is a pooling before it."""

    input: Image = (3, 227, 227)
    classes: Classes = 1000
    stem: Annotated[Size, Field(description="width of the first convolution")] = 96
    stem_kernel: Annotated[Kernel, Field(description="size of its kernel")] = 7
    channels: Widths = (128, 256, 256, 384, 512, 512)
    repeats: Repeats = (2, 1, 1, 2, 1, 1)
    strides: Annotated[
        Strides, Field(description="of the 3x3 maximum pooling before each stage; 1 is none")
    ] = (1, 1, 2, 1, 1, 2)
    squeeze: Annotated[
        Size, Field(description="a module's width divided by that of its first 1x1: 1 / SR")
    ] = 8
    padding: Padding = "valid"

    def stage_keys(self) -> StageKeys:
        return dict.fromkeys(("repeats", "strides"), stages(len(self.channels)))


def expand(net: NetworkBuilder, spec: SqueezeNet) -> None:
    """Stem and pooling, stages of fire modules, a map for each class."""
    x = net.image(spec.input)
    with net.scope("stem"):
        padding, why = padded(net, x, spec.stem_kernel, 2)
        x = net.conv("conv", x, spec.stem, spec.stem_kernel, 2, padding, because=(_STEM, *why))
        x = net.max_pool("pool", net.relu("relu", x), 3, 2, because=(_POOL,), ceil_mode=True)
    rows = zip(spec.channels, spec.broadcast("repeats"), spec.broadcast("strides"), strict=True)
    for stage, (width, repeats, stride) in enumerate(rows):
        with net.scope(f"stage{stage + 1}"):
            if stride > 1:
                x = net.max_pool("pool", x, 3, stride, because=(_POOL,), ceil_mode=True)
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = fire(net, x, width, spec.squeeze)
    with net.scope("head"):
        x = net.dropout("dropout", x, 0.5, (_DROP,))
        x = net.relu("relu", net.conv("conv", x, spec.classes, because=(_HEAD,)))
        net.flatten("flatten", net.global_pool("pool", x, (_HEAD,)))


def fire(net: NetworkBuilder, x: Node, width: Dim, squeeze: int) -> Node:
    """A narrow 1x1, and a 1x1 beside a 3x3 after it."""
    if not require_at_least(width, max(squeeze, 2)):
        raise RuleError(
            f"a fire module of {width} channels cannot be squeezed to 1 of {squeeze} of them",
            why=f"{_SQUEEZE.reason} ({_SQUEEZE.source})",
            fix="a wider stage, or a smaller squeeze",
        )
    x = net.relu("relu", net.conv("squeeze", x, width // squeeze, because=(_SQUEEZE,)))
    half = width // 2
    one = net.relu("relu1", net.conv("expand1", x, half, because=(_EXPAND,)))
    three = net.relu("relu3", net.conv("expand3", x, width - half, 3, because=(_EXPAND,)))
    return net.concat("concat", (one, three), (_JOIN,))


_NEWER = {
    "stem": 64,
    "stem_kernel": 3,
    "channels": (128, 256, 384, 512),
    "repeats": 2,
    "strides": (1, 2, 2, 1),
}

FAMILY = Family(
    summary="fire modules: a narrow 1x1, then 1x1 and 3x3 side by side",
    source="SqueezeNet (arXiv:1602.07360), Table 1",
    spec=SqueezeNet,
    expand=expand,
    scaled=("stem",),
    presets={
        "squeezenet1_0": Preset({}, 1_248_424, "torchvision, squeezenet1_0"),
        "squeezenet1_1": Preset(_NEWER, 1_235_496, "torchvision, squeezenet1_1"),
    },
)
