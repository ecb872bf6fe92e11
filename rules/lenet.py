"""LeNet-5, in the form that its successors gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Image, Size, Three
from ..spec.spec import Spec

if TYPE_CHECKING:
    from ..spec.build import NetworkBuilder

_CONV = Decision("conv", "5x5, no padding", "LeNet section II.B")
_ALL = Decision("dense", "reads all maps; some are left out in LeNet Table I", "common practice")
_POOL = Decision("subsampling", "mean of 2x2; the paper adds a gain and a bias", "LeNet II.B")
_HEAD = Decision("head", "F6 and the classes; the paper ends in fixed RBF units", "LeNet II.B")


class LeNet(Spec):
    """C1, C3 and C5 are convolutions, F6 is fully connected."""

    input: Image = (1, 32, 32)
    channels: Annotated[Three, Field(description="the width of each convolution")] = (6, 16, 120)
    hidden: Annotated[Size, Field(description="width of the layer before the classes")] = 84


def expand(net: NetworkBuilder, spec: LeNet) -> None:
    """Two convolutions with subsampling, a third, and two fully connected layers."""
    *pooled, last = spec.channels
    x = net.image(spec.input)
    for index, width in enumerate(pooled):
        with net.scope(f"stage{index + 1}"):
            x = net.conv("conv", x, width, 5, padding=(0, 0), because=(_CONV, _ALL)[: 1 + index])
            x = net.avg_pool("pool", net.elementwise("tanh", x, "tanh"), 2, 2, because=(_POOL,))
    with net.scope(f"stage{len(spec.channels)}"):
        x = net.conv("conv", x, last, 5, padding=(0, 0), because=(_CONV,))
        x = net.elementwise("tanh", x, "tanh")
    with net.scope("head"):
        x = net.flatten("flatten", x, (_HEAD,))
        x = net.elementwise("tanh", net.linear("fc1", x, spec.hidden, (_HEAD,)), "tanh")
        net.linear("fc2", x, spec.classes, (_HEAD,))


FAMILY = Family(
    summary="5x5 convolutions, subsampling and hyperbolic tangents, from 1998",
    source="Gradient-based learning applied to document recognition (LeCun et al., 1998)",
    spec=LeNet,
    expand=expand,
    scaled=("hidden",),
    presets={"lenet5": Preset({})},
)
