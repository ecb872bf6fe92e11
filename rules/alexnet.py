"""AlexNet: the original in two columns, and the one column of its author's later paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Five, Flag, Groups, Hidden, Image, Pooling
from ..spec.spec import Spec
from ._parts import hidden_head

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "11x11 with stride 4, padded to 55 x 55 for 224", "AlexNet section 3.5")
_GROUPED = Decision("columns", "a column is a group, and reads itself", "AlexNet section 3.5")
_WHOLE = Decision("columns", "reads all channels before it", "AlexNet section 3.5, Figure 2")
_NORM = Decision("response-norm", "over 5 channels; the paper has k = 2", "Caffe, bvlc_alexnet")
_POOL = Decision("pool", "3x3 windows with stride 2 overlap", "AlexNet section 3.4")
_HEAD = Decision("head", "hidden layers, half of each dropped", "AlexNet section 4.2")


class AlexNet(Spec):
    """Five convolutions, three of them followed by pooling."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    channels: Five = (96, 256, 384, 384, 256)
    hidden: Hidden = (4096, 4096)
    groups: Groups = 2
    response_norm: Annotated[
        Flag, Field(description="local response normalisation after the first two convolutions")
    ] = True
    pooling: Pooling = False


def expand(net: NetworkBuilder, spec: AlexNet) -> None:
    """Convolutions 2, 4 and 5 are grouped."""
    x = net.image(spec.input)
    for index, width in enumerate(spec.channels):
        with net.scope(f"stage{index + 1}"):
            x = net.relu("relu", _conv(net, x, index, width))
            if index < 2 and spec.response_norm:
                x = net.response_norm("norm", x, 5, (_NORM,))
            if index in (0, 1, 4):
                x = net.max_pool("pool", x, 3, 2, because=(_POOL,))
    with net.scope("head"):
        hidden_head(net, x, spec.hidden, spec.classes, (_HEAD,), pooling=spec.pooling)


def _conv(net: NetworkBuilder, x: Node, index: int, width: int) -> Node:
    if index == 0:
        return net.conv("conv", x, width, 11, 4, (2, 2), because=(_STEM,))
    if index == 2:
        return net.conv("conv", x, width, 3, because=(_WHOLE,))
    groups, _, why = net.grouping(width)
    kernel = 5 if index == 1 else 3
    because = (why, _GROUPED) if groups > 1 else (why,)
    return net.conv("conv", x, width, kernel, groups=groups, because=because)


_ONE = {"channels": (64, 192, 384, 256, 256), "groups": "dense", "response_norm": False}

FAMILY = Family(
    summary="five convolutions in two columns, overlapping pooling, two hidden layers",
    source="ImageNet classification with deep convolutional neural networks "
    "(Krizhevsky et al., 2012); in one column: arXiv:1404.5997",
    spec=AlexNet,
    expand=expand,
    scaled=("hidden",),
    presets={
        "alexnet": Preset({}, 60_965_224, "Caffe, models/bvlc_alexnet, its blobs"),
        "alexnet-one-column": Preset(_ONE, 61_100_840, "torchvision, alexnet"),
    },
)
