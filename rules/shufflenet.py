"""The ShuffleNet that the HENet paper compares itself with.

It is not the ImageNet network of ShuffleNet's own paper: the stem keeps the resolution, and the
bottleneck of a unit is half as wide as its output, not a quarter (HENet section 4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..ir.dims import certainly_equal, divides, require_at_least
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Groups, Kernels, Padding, Repeats, Strides, Widths
from ..spec.spec import Spec, StageKeys, stages
from ..support.errors import RuleError
from ._parts import padded

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_FACTOR = Decision("bottleneck", "half as wide as the unit's output: factor 2", "HENet section 4")
_MIX = Decision("shuffle", "lets the next convolution's groups meet", "ShuffleNet section 3.1")
_DEPTH = Decision("depthwise", "one group for each channel", "ShuffleNet Fig. 2(b)")
_ADD = Decision("skip", "the unit's input is added to its output", "ShuffleNet Fig. 2(b)")
_NO_ADD = Decision(
    "skip", "no skip: it widens its input, without a projection", "counted from HENet Table 3"
)
_POOL = Decision("skip", "the input's average pool keeps its channels", "ShuffleNet Fig. 2(c)")
_JOIN = Decision(
    "skip", "pooled input joined, so the branch makes the rest", "ShuffleNet Fig. 2(c)"
)
_BARE = Decision("bias", "no bias, since batch norm follows", "counted from HENet Table 3")
_SAME = Decision(
    "same", "padded by half of the kernel: keeps the size", "HENet Table 3, at 31 x 31"
)
_STEM = Decision("stem", "3x3 to the first width at full resolution", "counted from HENet Table 3")
_HEAD = Decision("head", "global average pool, fully connected", "ShuffleNet Table 1")


class ShuffleNet(Spec):
    """The first width is the stem's, every other one a stage; strides start all but the first."""

    channels: Widths = (24, 48, 96, 192)
    repeats: Repeats = 3
    strides: Strides = 2
    kernels: Kernels = 3
    groups: Groups = 3
    padding: Padding = "odd-resolution"

    def stage_keys(self) -> StageKeys:
        names = stages(len(self.channels) - 1)
        return {"repeats": names, "strides": names[1:], "kernels": ("stem", *names)}


def expand(net: NetworkBuilder, spec: ShuffleNet) -> None:
    """Stem, stages of units with a stride-2 unit between them, pooled head."""
    first, *widths = spec.channels
    stem_kernel, *kernels = spec.broadcast("kernels")
    repeats, strides = spec.broadcast("repeats"), spec.broadcast("strides")
    if repeats[0] == 0:
        raise RuleError(
            f"stage1 repeats 0 units, so nothing widens the stem's {first} channels to {widths[0]}",
            why="the first unit of stage1 does that (counted from HENet Table 3)",
            fix="1 or more repeats in stage1",
        )

    x = net.image(spec.input)
    with net.scope("stem"):
        x = net.conv("conv", x, first, stem_kernel, bias=False, because=(_STEM, _BARE, _SAME))
        x = net.relu("relu", net.norm("bn", x))
    for stage, (width, kernel) in enumerate(zip(widths, kernels, strict=True)):
        with net.scope(f"stage{stage + 1}"):
            if stage:
                x = stride2_unit(net, x, width, _half, strides[stage - 1], kernel)
            for index in range(repeats[stage]):
                with net.scope(f"block{index + 1}"):
                    x = stride1_unit(net, x, width, _half, kernel)
    with net.scope("head"):
        x = net.flatten("flatten", net.global_pool("pool", x, (_HEAD,)))
        net.linear("fc", x, spec.classes, (_HEAD,))


class Middle(NamedTuple):
    """The narrow part of a bottleneck."""

    width: int
    why: Decision
    grouped: bool = True
    """Whether the 1x1 before it is."""


Narrow = Callable[[int, int], Middle]
"""From the widths of a unit and of its branch to the branch's middle."""


def stride1_unit(net: NetworkBuilder, x: Node, width: int, narrow: Narrow, kernel: int = 3) -> Node:
    """The bottleneck, its input added where the widths agree, and a ReLU."""
    branch = bottleneck(net, x, width, narrow(width, width), kernel)
    if certainly_equal((x.channels,), (width,)):
        branch = net.add("add", (branch, x), (_ADD,))
    return net.relu("relu", branch)


def stride2_unit(
    net: NetworkBuilder, x: Node, width: int, narrow: Narrow, stride: int = 2, kernel: int = 3
) -> Node:
    """The bottleneck with a stride, joined with the pooled input, and a ReLU."""
    with net.scope("down"):
        kept = x.channels
        if not require_at_least(width - kept, 1):
            raise RuleError(
                f"a stride-2 unit cannot make {width} channels: it keeps the {kept} of its input",
                why=f"{_JOIN.reason} ({_JOIN.source})",
                fix="widths that grow from stage to stage",
            )
        branch = bottleneck(net, x, width - kept, narrow(width, width - kept), kernel, stride)
        padding, paddings = net.padding(x, kernel, stride)
        pooled = net.avg_pool("pool", x, kernel, stride, padding, (_POOL, *paddings))
        return net.relu("relu", net.concat("concat", (branch, pooled), (_JOIN,)))


def bottleneck(
    net: NetworkBuilder, x: Node, width: int, middle: Middle, kernel: int, stride: int = 1
) -> Node:
    """1x1 in groups, shuffle, depthwise 3x3, 1x1 in groups."""
    m, n, why = net.grouping(middle.width)
    padding, paddings = padded(net, x, kernel, stride)
    narrow = (middle.why, _BARE, *((_NO_ADD,) if stride == 1 and x.channels != width else ()))
    first, narrow = (m, (why, *narrow)) if middle.grouped else (1, narrow)
    x = net.conv("conv1", x, middle.width, groups=first, bias=False, because=narrow)
    x = net.shuffle("shuffle", net.relu("relu1", net.norm("bn1", x)), m, (why, _MIX))
    x = net.conv("conv2", x, middle.width, kernel, stride, padding, groups=middle.width,
                 bias=False, because=(_DEPTH, _BARE, *paddings))  # fmt: skip
    x = net.conv("conv3", net.norm("bn2", x), width, groups=n, bias=False, because=(why, _BARE))
    return net.norm("bn3", x)


def _half(unit: int, branch: int) -> Middle:
    if divides(2, branch) is False:
        raise RuleError(
            f"a bottleneck cannot halve its output width {branch}",
            why=f"{_FACTOR.reason} ({_FACTOR.source})",
        )
    return Middle(branch // 2, _FACTOR)


FAMILY = Family(
    summary="1x1 convolutions in fixed groups, channel shuffle, depthwise 3x3",
    source="ShuffleNet (arXiv:1707.01083) as the HENet paper runs it in section 4",
    spec=ShuffleNet,
    expand=expand,
    init="gaussian",
    presets={
        f"shufflenet-r{r}{name}": Preset({"repeats": r, "classes": k})
        for k, name in ((10, ""), (100, "-c100"))
        for r in (2, 3, 4, 5)
    },
)
