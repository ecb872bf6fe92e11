"""DenseNet, for ImageNet as its paper's Table 1 gives it, and for CIFAR as section 3 does."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Groups, Image, Share, Size, StageRepeats
from ..spec.spec import Spec, StageKeys, stages
from ..support.errors import RuleError
from ._parts import BARE, conv_norm_relu, max_pool, pooled_head

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "7x7 with stride 2, then 3x3 maximum pooling", "DenseNet Table 1")
_SMALL = Decision("stem", "3x3 at full resolution", "DenseNet section 3")
_FIRST = Decision("order", "batch norm and ReLU before the convolution", "DenseNet section 3")
_NARROW = Decision("bottleneck", "1x1 to a multiple of the growth", "DenseNet section 3")
_GROWTH = Decision("growth", "adds as many maps as the growth rate", "DenseNet section 3")
_JOIN = Decision("dense", "all maps of the stage so far, and the new ones", "DenseNet eq. 2")
_COMPRESS = Decision("compression", "a share of the maps goes on", "DenseNet section 3")
_POOL = Decision("transition", "2x2 average pooling", "DenseNet section 3")


class DenseNet(Spec):
    """Stages of layers that read all layers before them, with transitions between."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    repeats: StageRepeats = (6, 12, 24, 16)
    stem_width: Annotated[Size, Field(description="width of the first convolution")] = 64
    stem: Annotated[
        Literal["imagenet", "cifar"], Field(description="7x7 and pooling, or one 3x3")
    ] = "imagenet"
    growth: Annotated[Size, Field(description="maps that each layer adds")] = 32
    bottleneck: Annotated[Size, Field(description="width of the 1x1, in growths")] = 4
    compression: Annotated[
        Share, Field(description="share of the maps that a transition passes on")
    ] = 0.5
    groups: Groups = "dense"

    def stage_keys(self) -> StageKeys:
        return {"repeats": stages(len(self.repeats))}


def expand(net: NetworkBuilder, spec: DenseNet) -> None:
    """Stem, dense stages with transitions between them, batch norm and pooled head."""
    x = net.image(spec.input)
    with net.scope("stem"):
        if spec.stem == "imagenet":
            x = conv_norm_relu(net, "", x, spec.stem_width, 7, 2, because=(_STEM,))
            x = max_pool(net, "pool", x, (_STEM,))
        else:
            x = net.conv("conv", x, spec.stem_width, 3, bias=False, because=(_SMALL,))
    for stage, repeats in enumerate(spec.repeats):
        with net.scope(f"stage{stage + 1}"):
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = dense_layer(net, x, spec)
            if stage < len(spec.repeats) - 1:
                with net.scope("transition"):
                    x = transition(net, x, spec.compression)
    with net.scope("head"):
        x = net.relu("relu", net.norm("bn", x))
        pooled_head(net, x, spec.classes)


def dense_layer(net: NetworkBuilder, x: Node, spec: DenseNet) -> Node:
    """1x1 to the bottleneck's width, 3x3 to the growth, joined with the input."""
    m, _, why = net.grouping(spec.growth)
    h = net.relu("relu1", net.norm("bn1", x))
    h = net.conv("conv1", h, spec.bottleneck * spec.growth, bias=False,
                 because=(_NARROW, _FIRST, BARE))  # fmt: skip
    h = net.relu("relu2", net.norm("bn2", h))
    h = net.conv("conv2", h, spec.growth, 3, groups=m, bias=False, because=(why, _GROWTH))
    return net.concat("concat", (x, h), (_JOIN,))


def transition(net: NetworkBuilder, x: Node, compression: float) -> Node:
    """1x1 to a share of the maps, and half of the resolution."""
    width = int(int(x.channels) * Fraction(str(compression)))  # as decimals: 0.58 of 50 is 29
    if width < 1:
        raise RuleError(
            f"a compression of {compression} leaves none of {x.channels} maps",
            why=f"{_COMPRESS.reason} ({_COMPRESS.source})",
            fix="a larger compression, or a larger growth",
        )
    x = net.relu("relu", net.norm("bn", x))
    x = net.conv("conv", x, width, bias=False, because=(_COMPRESS, _FIRST))
    return net.avg_pool("pool", x, 2, 2, because=(_POOL,))


_IMAGENET = {
    121: ((6, 12, 24, 16), 7_978_856),
    169: ((6, 12, 32, 32), 14_149_480),
    201: ((6, 12, 48, 32), 20_013_928),
}
_CIFAR = {
    "input": (3, 32, 32),
    "classes": 10,
    "repeats": (16, 16, 16),
    "stem": "cifar",
    "stem_width": 24,
    "growth": 12,
}

FAMILY = Family(
    summary="every layer reads all layers before it in its stage",
    source="DenseNet (arXiv:1608.06993), Table 1 and section 3",
    spec=DenseNet,
    expand=expand,
    scaled=("stem_width", "growth"),
    presets={
        f"densenet{depth}": Preset({"repeats": repeats}, params, f"torchvision, densenet{depth}")
        for depth, (repeats, params) in _IMAGENET.items()
    }
    | {
        "densenet-bc-100-12": Preset(_CIFAR, 769_162, "pytorchcv, densenet100_k12_bc_cifar10"),
    },
)
