"""Network in Network, as its authors' Caffe model for CIFAR-10 has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Image, Three, Two
from ..spec.spec import Spec

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_CONV = Decision("mlpconv", "a convolution over the map", "Network in Network, section 3.1")
_MLP = Decision("mlpconv", "1x1: a perceptron at every pixel", "Network in Network, section 3.1")
_MAX = Decision("pool", "largest of 3x3 with stride 2, sizes rounded up", "Caffe's pooling")
_MEAN = Decision("pool", "mean of 3x3 with stride 2, sizes rounded up", "Caffe's pooling")
_DROP = Decision("dropout", "half, between the mlpconv layers", "Network in Network, section 4.1")
_HEAD = Decision("head", "one map for each class, and its mean", "Network in Network, section 3.2")


class NIN(Spec):
    """Each stage is a spatial convolution and two 1x1; the last 1x1 has a map for each class."""

    input: Image = (3, 32, 32)
    channels: Annotated[Three, Field(description="widths of the spatial convolutions")] = (
        192, 192, 192,
    )  # fmt: skip
    mlp1: Annotated[Three, Field(description="widths of the first 1x1 of each stage")] = (
        160, 192, 192,
    )  # fmt: skip
    mlp2: Annotated[Two, Field(description="widths of the second 1x1; the last is the classes")] = (
        96, 192,
    )  # fmt: skip


def expand(net: NetworkBuilder, spec: NIN) -> None:
    """5x5 twice, then 3x3; maximum pooling, then average pooling."""
    x = net.image(spec.input)
    for stage, kernel in enumerate((5, 5, 3)):
        with net.scope(f"stage{stage + 1}"):
            x = _relu_conv(net, 1, x, spec.channels[stage], kernel, _CONV)
            x = _relu_conv(net, 2, x, spec.mlp1[stage], 1, _MLP)
            if stage < 2:
                x = _relu_conv(net, 3, x, spec.mlp2[stage], 1, _MLP)
                pool, why = (net.avg_pool, _MEAN) if stage else (net.max_pool, _MAX)
                x = pool("pool", x, 3, 2, because=(why,), ceil_mode=True)
                x = net.dropout("dropout", x, 0.5, (_DROP,))
    with net.scope("head"):
        x = _relu_conv(net, 1, x, spec.classes, 1, _HEAD)
        net.flatten("flatten", net.global_pool("pool", x, (_HEAD,)))


def _relu_conv(
    net: NetworkBuilder, number: int, x: Node, width: int, kernel: int, why: Decision
) -> Node:
    return net.relu(f"relu{number}", net.conv(f"conv{number}", x, width, kernel, because=(why,)))


FAMILY = Family(
    summary="a small perceptron slides over the map, and a mean ends it",
    source="Network in Network (arXiv:1312.4400)",
    spec=NIN,
    expand=expand,
    scaled=("mlp1", "mlp2"),
    presets={"nin-cifar10": Preset({}, 966_986, "pytorchcv, nin_cifar10")},
)
