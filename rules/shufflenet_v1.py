"""ShuffleNet, as Table 1 of its own paper gives it for ImageNet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.dims import require_at_least
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Groups, Image, Multiplier, Padding, Repeats, Widths
from ..spec.spec import Spec, StageKeys, stages
from ..support.errors import RuleError
from ._parts import conv_norm_relu, max_pool, pooled_head
from .shufflenet import Middle, stride1_unit, stride2_unit

if TYPE_CHECKING:
    from ..spec.build import NetworkBuilder

_STEM = Decision("stem", "3x3 with stride 2, then 3x3 maximum pooling", "ShuffleNet Table 1")
_QUARTER = Decision("bottleneck", "a quarter of the unit's output", "ShuffleNet section 3.2")
_WHOLE = Decision("bottleneck", "not grouped, since its input is narrow", "ShuffleNet section 3.2")


class ShuffleNetV1(Spec):
    """The first width is the stem's, every other one a stage that starts with stride 2."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    width: Multiplier = 1.0
    channels: Widths = (24, 240, 480, 960)
    repeats: Repeats = (3, 7, 3)
    groups: Groups = 3
    padding: Padding = "same"

    def stage_keys(self) -> StageKeys:
        return {"repeats": stages(len(self.channels) - 1)}


def expand(net: NetworkBuilder, spec: ShuffleNetV1) -> None:
    """Stem and pooling, stages of units, pooled head."""
    first, *widths = _scaled(spec)
    x = net.image(spec.input)
    with net.scope("stem"):
        x = conv_norm_relu(net, "", x, first, 3, 2, because=(_STEM,))
        x = max_pool(net, "pool", x, (_STEM,))
    rows = zip(widths, spec.broadcast("repeats"), strict=True)
    for stage, (width, repeats) in enumerate(rows):
        with net.scope(f"stage{stage + 1}"):
            x = stride2_unit(net, x, width, _quarter if stage else _first)
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = stride1_unit(net, x, width, _quarter)
    with net.scope("head"):
        pooled_head(net, x, spec.classes)


def _scaled(spec: ShuffleNetV1) -> tuple[int, ...]:
    """The stem to a multiple of the groups, the others to one whose quarter the groups divide.

    For the scales that the authors' code and pytorchcv have these are their widths.
    """
    if spec.width == 1:
        return spec.channels
    groups = spec.groups if isinstance(spec.groups, int) else 1
    units = (groups, *(4 * groups for _ in spec.channels[1:]))
    pairs = zip(spec.channels, units, strict=True)
    return tuple(max(1, int(width * spec.width / unit + 0.5)) * unit for width, unit in pairs)


def _quarter(unit: int, branch: int) -> Middle:
    if not require_at_least(unit, 4):
        raise RuleError(
            f"a unit of {unit} channels has no quarter",
            why=f"{_QUARTER.reason} ({_QUARTER.source})",
            fix="wider stages, or a larger width multiplier",
        )
    return Middle(unit // 4, _QUARTER)


def _first(unit: int, branch: int) -> Middle:
    return Middle(_quarter(unit, branch).width, _WHOLE, grouped=False)


_WIDTHS = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}
"""The second stage's width for each number of groups: Table 1."""
_PUBLISHED = {
    (1, 1.0): (1_531_936, "g1_w1"),
    (2, 1.0): (1_733_848, "g2_w1"),
    (3, 1.0): (1_865_728, "g3_w1"),
    (4, 1.0): (1_968_344, "g4_w1"),
    (8, 1.0): (2_434_768, "g8_w1"),
    (1, 0.75): (975_214, "g1_w3d4"),
    (3, 0.75): (1_238_266, "g3_w3d4"),
    (1, 0.5): (534_484, "g1_wd2"),
    (3, 0.5): (718_324, "g3_wd2"),
    (1, 0.25): (209_746, "g1_wd4"),
    (3, 0.25): (305_902, "g3_wd4"),
}
_MEGVII = "its authors' code, megvii-model/ShuffleNet-Series"
_WIDER = {
    "g3-x150": (3, (24, 360, 720, 1440)),
    "g3-x200": (3, (48, 480, 960, 1920)),
    "g8-x050": (8, (16, 192, 384, 768)),
    "g8-x150": (8, (24, 576, 1152, 2304)),
    "g8-x200": (8, (48, 768, 1536, 3072)),
}
"""What the authors' code has besides, with stems of its own.

It differs in all widths: no bias in the classifier, the average pool before the branch where a
stride-2 unit joins them, and a shuffle that reads the table of channels the other way round.
"""


def _channels(groups: int) -> tuple[int, ...]:
    return (24, *(_WIDTHS[groups] * 2**stage for stage in range(3)))


FAMILY = Family(
    summary="1x1 convolutions in groups, channel shuffle, depthwise 3x3, for ImageNet",
    source="ShuffleNet (arXiv:1707.01083), Tables 1 and 2",
    spec=ShuffleNetV1,
    expand=expand,
    presets={
        f"shufflenet-v1-g{groups}" + (f"-x{100 * width:03.0f}" if width < 1 else ""): Preset(
            {"groups": groups, "width": width, "channels": _channels(groups)},
            params,
            f"pytorchcv, shufflenet_{name}",
        )
        for (groups, width), (params, name) in _PUBLISHED.items()
    }
    | {
        f"shufflenet-v1-{name}": Preset({"groups": groups, "channels": widths}, None, _MEGVII)
        for name, (groups, widths) in _WIDER.items()
    },
)
