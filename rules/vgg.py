"""VGG, as configurations A, B, D and E of its paper's Table 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Bias, Classes, Flag, Hidden, Image, Pooling, Repeats, Widths
from ..spec.spec import Spec, StageKeys, stages
from ._parts import hidden_head

if TYPE_CHECKING:
    from ..spec.build import NetworkBuilder

_CONV = Decision("conv", "3x3, padded to keep the size", "VGG section 2.1")
_POOL = Decision("pool", "2x2 windows with stride 2", "VGG section 2.1")
_HEAD = Decision("head", "hidden layers on the whole map, half of each dropped", "VGG section 3.1")


class VGG(Spec):
    """Every width is a stage that ends in pooling."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    channels: Widths = (64, 128, 256, 512, 512)
    repeats: Repeats = (2, 2, 3, 3, 3)
    hidden: Hidden = (4096, 4096)
    norm: Annotated[Flag, Field(description="batch norm after every convolution")] = False
    bias: Bias = True
    pooling: Pooling = False

    def stage_keys(self) -> StageKeys:
        return {"repeats": stages(len(self.channels))}


def expand(net: NetworkBuilder, spec: VGG) -> None:
    """Convolutions have biases with batch norm too, as torchvision's do."""
    x = net.image(spec.input)
    rows = zip(spec.channels, spec.broadcast("repeats"), strict=True)
    for stage, (width, repeats) in enumerate(rows):
        with net.scope(f"stage{stage + 1}"):
            for number in range(1, repeats + 1):
                x = net.conv(f"conv{number}", x, width, 3, bias=spec.bias, because=(_CONV,))
                x = net.norm(f"bn{number}", x) if spec.norm else x
                x = net.relu(f"relu{number}", x)
            x = net.max_pool("pool", x, 2, 2, because=(_POOL,))
    with net.scope("head"):
        hidden_head(net, x, spec.hidden, spec.classes, (_HEAD,), pooling=spec.pooling)


_DEPTHS = {
    11: ((1, 1, 2, 2, 2), 132_863_336, 132_868_840),
    13: ((2, 2, 2, 2, 2), 133_047_848, 133_053_736),
    16: ((2, 2, 3, 3, 3), 138_357_544, 138_365_992),
    19: ((2, 2, 4, 4, 4), 143_667_240, 143_678_248),
}

FAMILY = Family(
    summary="3x3 convolutions, pooling between the stages, two wide hidden layers",
    source="VGG (arXiv:1409.1556), Table 1; batch norm as in torchvision",
    spec=VGG,
    expand=expand,
    scaled=("hidden",),
    presets={
        f"vgg{depth}{'-bn' * norm}": Preset(
            {"repeats": repeats, "norm": norm},
            normed if norm else plain,
            f"torchvision, vgg{depth}{'_bn' * norm}",
        )
        for norm in (False, True)
        for depth, (repeats, plain, normed) in _DEPTHS.items()
    },
)
