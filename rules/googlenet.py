"""GoogLeNet, as Table 1 of its paper gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Flag, Image
from ..spec.spec import Spec
from ..support.errors import SpecError

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "7x7 with stride 2", "GoogLeNet Table 1")
_TABLE = Decision("inception", "widths of the table's row", "GoogLeNet Table 1")
_REDUCE = Decision("inception", "1x1 before a larger kernel", "GoogLeNet section 4, Fig. 2(b)")
_JOIN = Decision("inception", "all branches joined", "GoogLeNet section 4, Fig. 2(b)")
_NORM = Decision("response-norm", "over 5 channels", "GoogLeNet Fig. 3, Caffe")
_POOL = Decision("pool", "3x3 windows with stride 2, sizes rounded up", "Caffe's pooling")
_HEAD = Decision("head", "mean, 40 % dropped, fully connected", "GoogLeNet Table 1")
_AUX = Decision("auxiliary", "a classifier of its own, for training", "GoogLeNet section 5")


class Inception(NamedTuple):
    """The widths of one row of the table."""

    conv1: int
    reduce3: int
    conv3: int
    reduce5: int
    conv5: int
    pooled: int


_STAGES = (
    (Inception(64, 96, 128, 16, 32, 32), Inception(128, 128, 192, 32, 96, 64)),
    (
        Inception(192, 96, 208, 16, 48, 64),
        Inception(160, 112, 224, 24, 64, 64),
        Inception(128, 128, 256, 24, 64, 64),
        Inception(112, 144, 288, 32, 64, 64),
        Inception(256, 160, 320, 32, 128, 128),
    ),
    (Inception(256, 160, 320, 32, 128, 128), Inception(384, 192, 384, 48, 128, 128)),
)
"""Inception 3a and 3b, 4a to 4e, 5a and 5b."""

_AUXILIARY = {(1, 0): "aux1", (1, 3): "aux2"}
"""The modules, 4a and 4d, that a classifier hangs on."""


class GoogLeNet(Spec):
    """Nine inception modules."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    auxiliary: Annotated[
        Flag, Field(description="the two classifiers of training, as outputs 2 and 3")
    ] = False

    def agree(self) -> None:
        super().agree()
        if self.auxiliary and self.features_only:
            raise SpecError(
                "auxiliary means nothing to the maps of features_only",
                key="auxiliary",
                fix="one of the two",
            )


def expand(net: NetworkBuilder, spec: GoogLeNet) -> None:
    """Two convolutions, three stages of inception modules with pooling between them."""
    x = stem(net, net.image(spec.input))
    side = []
    for stage, modules in enumerate(_STAGES):
        with net.scope(f"stage{stage + 1}"):
            for index, widths in enumerate(modules):
                with net.scope(f"block{index + 1}"):
                    x = inception(net, x, widths)
                if spec.auxiliary and (stage, index) in _AUXILIARY:
                    side.append((_AUXILIARY[stage, index], x))
            if stage < 2:
                with net.scope("down"):
                    x = net.max_pool("pool", x, 3, 2, because=(_POOL,), ceil_mode=True)
    with net.scope("head"):
        x = net.flatten("flatten", net.global_pool("pool", x, (_HEAD,)), (_HEAD,))
        net.outputs = [
            net.linear("fc", net.dropout("dropout", x, 0.4, (_HEAD,)), spec.classes, (_HEAD,))
        ]
    for name, x in side:
        with net.scope(name):
            net.outputs.append(auxiliary(net, x, spec.classes))


def stem(net: NetworkBuilder, x: Node) -> Node:
    """To an eighth of the resolution."""
    with net.scope("stem"):
        x = _relu_conv(net, "1", x, 64, 7, 2, _STEM)
        x = net.max_pool("pool1", x, 3, 2, because=(_POOL,), ceil_mode=True)
        x = net.response_norm("norm1", x, 5, (_NORM,))
        x = _relu_conv(net, "2", x, 64, 1, 1, _REDUCE)
        x = _relu_conv(net, "3", x, 192, 3, 1, _TABLE)
        x = net.response_norm("norm2", x, 5, (_NORM,))
        return net.max_pool("pool2", x, 3, 2, because=(_POOL,), ceil_mode=True)


def inception(net: NetworkBuilder, x: Node, widths: Inception) -> Node:
    """1x1, 3x3 and 5x5 behind 1x1, and pooling before 1x1, side by side."""
    one = _relu_conv(net, "1", x, widths.conv1, 1, 1, _TABLE)
    three = _relu_conv(net, "3_reduce", x, widths.reduce3, 1, 1, _REDUCE)
    three = _relu_conv(net, "3", three, widths.conv3, 3, 1, _TABLE)
    five = _relu_conv(net, "5_reduce", x, widths.reduce5, 1, 1, _REDUCE)
    five = _relu_conv(net, "5", five, widths.conv5, 5, 1, _TABLE)
    pooled = net.max_pool("pool", x, 3, 1, (1, 1), (_TABLE,))
    pooled = _relu_conv(net, "_pooled", pooled, widths.pooled, 1, 1, _TABLE)
    return net.concat("concat", (one, three, five, pooled), (_JOIN,))


def auxiliary(net: NetworkBuilder, x: Node, classes: int) -> Node:
    """5x5 average pooling with stride 3, 128 maps, 1,024 hidden units, 70 % dropped."""
    x = net.avg_pool("pool", x, 5, 3, because=(_AUX,), ceil_mode=True)
    x = net.flatten("flatten", _relu_conv(net, "", x, 128, 1, 1, _AUX))
    x = net.relu("relu1", net.linear("fc1", x, 1024, (_AUX,)))
    return net.linear("fc2", net.dropout("dropout", x, 0.7, (_AUX,)), classes, (_AUX,))


def _relu_conv(
    net: NetworkBuilder, name: str, x: Node, out: int, kernel: int, stride: int, why: Decision
) -> Node:
    x = net.conv(f"conv{name}", x, out, kernel, stride, because=(why,))
    return net.relu(f"relu{name}", x)


FAMILY = Family(
    summary="inception modules: kernels of several sizes side by side",
    source="Going deeper with convolutions (arXiv:1409.4842), Table 1",
    spec=GoogLeNet,
    expand=expand,
    presets={
        "googlenet": Preset({}, 6_998_552, "Caffe, models/bvlc_googlenet, its blobs"),
        "googlenet-auxiliary": Preset({"auxiliary": True}),
    },
)
