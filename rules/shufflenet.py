"""The ShuffleNet that the HENet paper compares itself with.

It is not the ImageNet network of ShuffleNet's own paper: the stem keeps the resolution, and the
bottleneck of a unit is half as wide as its output, not a quarter (HENet section 4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dims import divides
from ..errors import RuleError
from ..family import Family, Places
from ..graph import Decision

if TYPE_CHECKING:
    from ..engine import Net
    from ..graph import Node
    from ..spec import Spec

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


def expand(net: Net, spec: Spec) -> None:
    """Stem, stages of units with a stride-2 unit between them, pooled head."""
    first, *widths = spec.channels
    stem_kernel, *kernels = spec.spread("kernels")
    repeats, strides = spec.spread("repeats"), spec.spread("strides")
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
                x = stride2_unit(net, x, width, strides[stage - 1], kernel)
            for index in range(repeats[stage]):
                with net.scope(f"block{index + 1}"):
                    x = stride1_unit(net, x, width, kernel)
    with net.scope("head"):
        x = net.flatten("flatten", net.global_pool("pool", x, (_HEAD,)))
        net.linear("fc", x, spec.classes, (_HEAD,))


def stride1_unit(net: Net, x: Node, width: int, kernel: int) -> Node:
    """The bottleneck, its input added where the widths agree, and a ReLU."""
    branch = bottleneck(net, x, width, kernel)
    if x.channels == width:
        branch = net.add("add", (branch, x), (_ADD,))
    return net.relu("relu", branch)


def stride2_unit(net: Net, x: Node, width: int, stride: int, kernel: int) -> Node:
    """The bottleneck with a stride, joined with the pooled input, and a ReLU."""
    with net.scope("down"):
        kept = x.channels
        if width <= kept:
            raise RuleError(
                f"a stride-2 unit cannot make {width} channels: it keeps the {kept} of its input",
                why=f"{_JOIN.reason} ({_JOIN.source})",
                fix="widths that grow from stage to stage",
            )
        branch = bottleneck(net, x, width - kept, kernel, stride)
        padding, paddings = net.padding(x, kernel, stride)
        pooled = net.avg_pool("pool", x, kernel, stride, padding, (_POOL, *paddings))
        return net.relu("relu", net.concat("concat", (branch, pooled), (_JOIN,)))


def bottleneck(net: Net, x: Node, width: int, kernel: int, stride: int = 1) -> Node:
    """1x1 in groups, shuffle, depthwise 3x3, 1x1 in groups."""
    if divides(2, width) is False:
        raise RuleError(
            f"a bottleneck cannot halve its output width {width}",
            why=f"{_FACTOR.reason} ({_FACTOR.source})",
        )
    middle = width // 2
    m, n, why = net.grouping(middle)
    padding, paddings = net.padding(x, kernel, stride)
    narrow = (why, _FACTOR, _BARE, *((_NO_ADD,) if stride == 1 and x.channels != width else ()))
    x = net.conv("conv1", x, middle, groups=m, bias=False, because=narrow)
    x = net.shuffle("shuffle", net.relu("relu1", net.norm("bn1", x)), m, (why, _MIX))
    x = net.conv("conv2", x, middle, kernel, stride, padding, groups=middle, bias=False,
                 because=(_DEPTH, _BARE, *paddings))  # fmt: skip
    x = net.conv("conv3", net.norm("bn2", x), width, groups=n, bias=False, because=(why, _BARE))
    return net.norm("bn3", x)


def places(widths: int) -> Places:
    """The first width is the stem's, every other one a stage; strides start all but the first."""
    stages = tuple(f"stage{index + 1}" for index in range(widths - 1))
    return {"repeats": stages, "strides": stages[1:], "kernels": ("stem", *stages)}


FAMILY = Family(
    summary="1x1 convolutions in fixed groups, channel shuffle, depthwise 3x3",
    source="ShuffleNet (arXiv:1707.01083) as the HENet paper runs it in section 4",
    expand=expand,
    places=places,
    groups=3,
    unused={"last_width": "it has no lone stride-2 block at its end"},
    presets=[{"repeats": r, "classes": k} for k in (10, 100) for r in (2, 3, 4, 5)],
)
