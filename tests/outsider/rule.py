"""A family: two convolutions and one fully connected layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from henet_arch.spec.family import Family, Preset
from henet_arch.spec.fields import Image, Two
from henet_arch.spec.spec import Spec

if TYPE_CHECKING:
    from henet_arch.spec.build import NetworkBuilder


class OutNet(Spec):
    """Each stage is a convolution."""

    input: Image = (1, 8, 8)
    channels: Two = (4, 8)


def expand(net: NetworkBuilder, spec: OutNet) -> None:
    x = net.image(spec.input)
    for index, width in enumerate(spec.channels):
        with net.scope(f"stage{index + 1}"):
            x = net.relu("relu", net.conv("conv", x, width, 3))
    with net.scope("head"):
        net.linear("fc", net.flatten("flatten", net.global_pool("pool", x)), spec.classes)


FAMILY = Family(
    summary="as small as it goes",
    source="another package",
    spec=OutNet,
    expand=expand,
    presets={"outnet-1": Preset({})},
)
