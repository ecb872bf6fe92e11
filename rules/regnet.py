"""RegNet, X and Y: the models that the figures of its paper's section 5 and appendix print."""

from __future__ import annotations

from itertools import groupby
from math import log
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, Strict

from ..ir.dims import Dim, certainly_below, certainly_equal, divides
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Classes, Count, Groups, Image, Padding, Repeats, Size, Strides, Widths
from ..spec.spec import Spec, StageKeys, stages
from ..support.errors import RuleError, SpecError
from ..support.limits import LARGEST, MOST_BLOCKS, MOST_WIDTHS
from ._parts import conv_norm, conv_norm_relu, pooled_head, squeeze_excite
from .resnet import skip

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder, Reasons

_PAPER = "RegNet (arXiv:2003.13678)"
_STEM = Decision("stem", "3x3 with stride 2", "RegNet section 3.1")
_BLOCK = Decision("bottleneck", "as wide in the middle: b = 1", "RegNet section 3.4")
_ALONE = Decision("groups", "one: the width is no more than a group's", "RegNet section 3.1")
_SQUEEZE = Decision("squeeze", "to a share of the block's input", "RegNet section 5")
_ADD = Decision("skip", "the block's input is added to its output", "RegNet section 3.1")
_RULE = ("w_0", "w_a", "w_m", "depth")
"""The keys that say all widths and depths together."""
_UNIT = 8
"""What the widths of that rule are multiples of."""


class RegNet(Spec):
    """Four stages of residual blocks; their widths and depths by a line, or each for itself."""

    input: Image = (3, 224, 224)
    classes: Classes = 1000
    stem: Annotated[Size, Field(description="width of the first convolution")] = 32
    channels: Widths = (24, 56, 152, 368)
    repeats: Repeats = (1, 1, 4, 7)
    strides: Strides = 2
    w_0: Annotated[
        Size | None, Field(description="width of the first block, of the line w_0 + w_a j")
    ] = None
    w_a: Annotated[
        float | None,
        Strict(),
        Field(ge=0, le=LARGEST, allow_inf_nan=False, description="slope of the line, over blocks"),
    ] = None
    w_m: Annotated[
        float | None,
        Strict(),
        Field(gt=1, le=64, allow_inf_nan=False, description="from one stage's width to the next"),
    ] = None
    depth: Annotated[
        int | None, Strict(), Field(ge=1, le=MOST_BLOCKS, description="blocks of all stages")
    ] = None
    group_width: Annotated[Size, Field(description="channels in a group of the 3x3")] = 8
    groups: Annotated[
        Groups | None,
        Field(description="rule for groups, or their number, in place of group_width"),
    ] = None
    squeeze: Annotated[
        Count,
        Field(description="a block's input divided by the squeeze's width; 0 for no squeeze"),
    ] = 0
    padding: Padding = "same"

    def model_post_init(self, context: Any) -> None:
        """Widths and depths by the rule, where it is given.

        Raises:
            SpecError: a part of the rule is missing, or another key contradicts it.
        """
        rule: dict[str, Any] = {key: getattr(self, key) for key in _RULE}
        if all(value is None for value in rule.values()):
            return
        if missing := [key for key, value in rule.items() if value is None]:
            raise SpecError(
                f"{', '.join(missing)} is missing: the line of widths needs {', '.join(_RULE)}",
                key=missing[0],
                fix="all four of them, or none",
            )
        made = quantized(**rule, group_width=self.group_width)
        found = dict(zip(("channels", "repeats"), made, strict=True))
        for key, values in found.items():
            if key in self.model_fields_set and getattr(self, key) != values:
                raise SpecError(
                    f"{key} are {list(values)} by {', '.join(_RULE)}",
                    key=key,
                    fix=f"{key} left out, or none of the four",
                )
        self.__dict__.update(found)

    def replace(self, /, **changes: Any) -> Spec:
        """As for all families; new channels or repeats are instead of the line."""
        if changes.keys() & {"channels", "repeats"} and not changes.keys() & {*_RULE}:
            listed = {"channels": self.channels, "repeats": self.repeats}
            changes = {**listed, **dict.fromkeys(_RULE), **changes}
        return super().replace(**changes)

    def said(self) -> dict[str, Any]:
        """As for all families; channels and repeats that the line makes are none of it."""
        implied = {"channels", "repeats"} if self.w_0 is not None else set()
        return {key: value for key, value in super().said().items() if key not in implied}

    def stage_keys(self) -> StageKeys:
        return dict.fromkeys(("repeats", "strides"), stages(len(self.channels)))


def quantized(
    w_0: int, w_a: float, w_m: float, depth: int, group_width: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The widths of the stages that the line makes, and how many blocks have each.

    Source: the RegNet paper, equations 2 to 4; its authors' code for multiples of 8 and of groups.

    Raises:
        SpecError: the line leads to widths beyond all use.
    """
    steps = (round(log(1 + w_a * block / w_0) / log(w_m)) for block in range(depth))
    widths, counts = [], []
    for width, blocks in groupby(_multiple(w_0 * w_m**step, _UNIT) for step in steps):
        widths.append(_multiple(width, min(group_width, width)))
        counts.append(sum(1 for _ in blocks))
    if not 2 <= len(widths) <= MOST_WIDTHS:
        raise SpecError(
            f"the line makes {len(widths):,} stage{'s' * (len(widths) != 1)}",
            key="depth" if len(widths) == 1 else "w_m",
            why=f"a network has 2 to {MOST_WIDTHS:,}",
            fix="more blocks, or a larger w_a" if len(widths) == 1 else "a larger w_m",
        )
    if widths[-1] > LARGEST:
        raise SpecError(
            f"the last width of the line is {widths[-1]:,}",
            key="w_a",
            why=f"the limit is {LARGEST:,}",
            fix="a smaller w_a",
        )
    return tuple(widths), tuple(counts)


def _multiple(width: float, unit: int) -> int:
    """The multiple of `unit` nearest to `width`; of two the even one, as Python rounds."""
    return max(1, round(width / unit)) * unit


def expand(net: NetworkBuilder, spec: RegNet) -> None:
    """Stem, stages of blocks, pooled head."""
    x = net.image(spec.input)
    with net.scope("stem"):
        x = conv_norm_relu(net, "", x, spec.stem, 3, 2, because=(_STEM,))
    why = _reasons(spec)
    rows = zip(spec.channels, spec.broadcast("repeats"), spec.broadcast("strides"), strict=True)
    for stage, (width, repeats, stride) in enumerate(rows):
        with net.scope(f"stage{stage + 1}"):
            for index in range(repeats):
                with net.scope(f"block{index + 1}"):
                    x = block(net, x, width, 1 if index else stride, spec, why)
    with net.scope("head"):
        pooled_head(net, x, spec.classes)


def block(
    net: NetworkBuilder, x: Node, width: Dim, stride: int, spec: RegNet, why: Reasons
) -> Node:
    """1x1, 3x3 in groups, a factor for each channel in Y, 1x1; the input is added."""
    groups, grouped = grouping(net, width, spec)
    h = conv_norm_relu(net, "1", x, width, because=(_BLOCK, *why))
    h = conv_norm_relu(net, "2", h, width, 3, stride, groups=groups, because=(grouped,))
    if spec.squeeze:
        h = squeeze_excite(net, h, x.channels // spec.squeeze, "relu", "sigmoid", (_SQUEEZE,))
    h = conv_norm(net, "3", h, width)
    if not certainly_equal(x.shape, h.shape):
        x = skip(net, x, stride, h, "projection")
    return net.relu("relu", net.add("add", (h, x), (_ADD,)))


def grouping(net: NetworkBuilder, width: Dim, spec: RegNet) -> tuple[Dim, Decision]:
    """The groups of a 3x3, with the reason."""
    size = spec.group_width
    if spec.groups is not None:
        groups, _, why = net.grouping(width)
        return groups, why
    if certainly_below(width, size):
        return 1, _ALONE
    if divides(size, width) is False:
        raise RuleError(
            f"groups of {size} channels do not divide {width} channels",
            why="every group of a 3x3 has the same width g (RegNet section 3.2)",
            fix=f"a multiple of {size}, or another group_width",
        )
    reason = f"{width} channels in groups of g = {size}"
    return _divided(width, size), Decision("groups", reason, "RegNet section 3.2")


def _divided(width: Dim, size: int) -> Dim:
    """The quotient, exactly: a symbol has no floor around it."""
    return width // size if isinstance(width, int) else width / size


def _reasons(spec: RegNet) -> Reasons:
    if spec.w_0 is None:
        return ()
    line = f"{spec.w_0} + {spec.w_a:g} j in steps of {spec.w_m:g}"
    return (Decision("width", f"{line}, to multiples", "RegNet eq. 2 to 4"),)


_X = {
    "200mf": (24, 36.44, 2.49, 13, 8, 2_684_792, "002"),
    "400mf": (24, 24.48, 2.54, 22, 16, 5_157_512, "004"),
    "600mf": (48, 36.97, 2.24, 16, 24, 6_196_040, "006"),
    "800mf": (56, 35.73, 2.28, 16, 16, 7_259_656, "008"),
    "1_6gf": (80, 34.01, 2.25, 18, 24, 9_190_136, "016"),
    "3_2gf": (88, 26.31, 2.25, 25, 48, 15_296_552, "032"),
    "4_0gf": (96, 38.65, 2.43, 23, 40, 22_118_248, "040"),
    "6_4gf": (184, 60.83, 2.07, 17, 56, 26_209_256, "064"),
    "8_0gf": (80, 49.56, 2.88, 23, 120, 39_572_648, "080"),
    "12gf": (168, 73.36, 2.37, 19, 112, 46_106_056, "120"),
    "16gf": (216, 55.59, 2.1, 22, 128, 54_278_536, "160"),
    "32gf": (320, 69.86, 2.0, 23, 168, 107_811_560, "320"),
}
"""w_0, w_a, w_m, d, g, the parameters, and what timm calls it."""
_Y = {
    "200mf": (24, 36.44, 2.49, 13, 8, 3_162_996, "002"),
    "400mf": (48, 27.89, 2.09, 16, 8, 4_344_144, "004"),
    "600mf": (48, 32.54, 2.32, 15, 16, 6_055_160, "006"),
    "800mf": (56, 38.84, 2.4, 14, 16, 6_263_168, "008"),
    "1_6gf": (48, 20.71, 2.65, 27, 24, 11_202_430, "016"),
    "3_2gf": (80, 42.63, 2.66, 21, 24, 19_436_338, "032"),
    "4_0gf": (96, 31.41, 2.24, 22, 64, 20_646_656, "040"),
    "6_4gf": (112, 33.22, 2.27, 25, 72, 30_583_252, "064"),
    "8_0gf": (192, 76.82, 2.19, 17, 56, 39_180_068, "080"),
    "12gf": (168, 73.36, 2.37, 19, 112, 51_822_544, "120"),
    "16gf": (200, 106.23, 2.48, 18, 112, 83_590_140, "160"),
    "32gf": (232, 115.89, 2.53, 20, 232, 145_046_770, "320"),
}


def _presets(letter: str, table: dict[str, Any], squeeze: int) -> dict[str, Preset]:
    keys = (*_RULE, "group_width")
    return {
        f"regnet{letter}-{size}": Preset(
            {**dict(zip(keys, row, strict=False)), "squeeze": squeeze},
            row[5],
            f"timm, regnet{letter}_{row[6]}",
        )
        for size, row in table.items()
    }


FAMILY = Family(
    summary="residual blocks with 3x3 in groups of one width; widths by a quantised line",
    source=f"{_PAPER}, Figures 15 and 16",
    spec=RegNet,
    expand=expand,
    scaled=("stem",),
    presets=_presets("x", _X, 0) | _presets("y", _Y, 4),
)
