"""HENet, as Tables 1 and 2 of its paper give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ..ir.dims import divides
from ..ir.graph import Decision
from ..spec.family import Family, Preset
from ..spec.fields import Bias, Groups, Kernels, Padding, Pooling, Repeats, Strides, Widths
from ..spec.spec import Spec, StageKeys, stages
from ..support.errors import RuleError
from ._parts import BARE, pooled_head

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder

_MIX = Decision(
    "shuffle", "each group of the next convolution meets every group", "HENet Fig. 2(b)"
)
_ADD = Decision("skip", "X_l = H_l + X_(l-1); X_0 is the stage's input", "HENet section 3.2, eq. 5")
_JOIN = Decision("skip", "B_l = [X_l, H_l], in this order", "HENet section 3.2, eq. 6")
_FIRST = Decision("skip", "no block before it in the stage: C inputs, not 2C", "HENet eq. 5")
_TWICE = Decision("skip", "reads B_(l-1) = [X, H]: 2C inputs", "HENet Table 1")
_HALF = Decision("stride2-block", "its middle is half as wide as its output", "HENet Table 1")
_KEPT = Decision(
    "last-width", "keeps its width, so that the lone block doubles it", "HENet section 3.3"
)
_NEXT = Decision("next-width", "as wide as the next stage", "HENet Table 2")
_LAST = Decision("lone-block", "the last width, by one stride-2 block", "HENet section 3.3")
_SAME = Decision(
    "same", "padded by half of the kernel: keeps the size for the skip", "HENet Table 1"
)
_BIAS = Decision(
    "bias", "a bias, though batch norm follows: Caffe's default", "counted from HENet Table 3"
)
_STEM = Decision("stem", "3x3 to the first width at full resolution", "HENet Table 2, Conv 1")
_HEAD = Decision("head", "fully connected on the whole map, no pooling", "HENet section 3.3")
_SIGNED = Decision(
    "rectify", "H is added before its ReLU, which comes after the join", "arXiv:1603.05027, 4.1"
)


class HENet(Spec):
    """Every width is a stage; all but the last repeat."""

    channels: Widths = (24, 48, 96, 192)
    repeats: Repeats = 3
    strides: Strides = 2
    kernels: Kernels = 3
    groups: Groups = "nearest-divisors"
    padding: Padding = "odd-resolution"
    last_width: Annotated[
        Literal["keep", "next"],
        Field(
            description="width of the last repeated stage's stride-2 block: its own, as in the "
            "paper, or the next one"
        ),
    ] = "keep"
    bias: Bias = True
    rectify: Annotated[
        Literal["branch", "join"],
        Field(
            description="where a stride-1 block has its ReLU: before it is added, as in the paper, "
            "or after it is joined"
        ),
    ] = "branch"
    pooling: Pooling = False

    def stage_keys(self) -> StageKeys:
        names = stages(len(self.channels))
        return {"repeats": names[:-1], "strides": names, "kernels": ("stem", *names)}


def expand(net: NetworkBuilder, spec: HENet) -> None:
    """Stem, repeated stages, one lone stride-2 block, fully connected head."""
    *widths, last = spec.channels
    outputs = [(width, _NEXT) for width in widths[1:]]
    outputs.append((last, _NEXT) if spec.last_width == "next" else (widths[-1], _KEPT))
    stem_kernel, *kernels = spec.broadcast("kernels")
    repeats, strides = spec.broadcast("repeats"), spec.broadcast("strides")

    x = stem(net, spec, widths[0], stem_kernel)
    for stage, (width, (output, why)) in enumerate(zip(widths, outputs, strict=True)):
        with net.scope(f"stage{stage + 1}"):
            x = repeated(net, spec, x, width, repeats[stage], kernels[stage])
            x = stride2_block(net, spec, x, output, strides[stage], kernels[stage], why)
    with net.scope(f"stage{len(spec.channels)}"):
        x = stride2_block(net, spec, x, last, strides[-1], kernels[-1], _LAST)
    with net.scope("head"):
        if spec.pooling:
            pooled_head(net, x, spec.classes)
        else:
            net.linear("fc", net.flatten("flatten", x, (_HEAD,)), spec.classes, (_HEAD,))


def stem(net: NetworkBuilder, spec: HENet, width: int, kernel: int) -> Node:
    """The image and the convolution over it."""
    x = net.image(spec.input)
    with net.scope("stem"):
        because = (_STEM, bias_of(spec), _SAME)
        x = net.conv("conv", x, width, kernel, bias=spec.bias, because=because)
        return net.relu("relu", net.norm("bn", x))


def bias_of(spec: HENet) -> Decision:
    """Why a convolution has a bias, or none."""
    return _BIAS if spec.bias else BARE


def repeated(
    net: NetworkBuilder, spec: HENet, x: Node, width: int, repeats: int, kernel: int
) -> Node:
    """`repeats` stride-1 blocks, each added to the sum before it and joined with it (eq. 5, 6)."""
    total = x
    for index in range(repeats):
        with net.scope(f"block{index + 1}"):
            h = stride1_block(net, spec, x, width, kernel, _TWICE if index else _FIRST)
            if spec.rectify == "branch":
                h = net.relu("relu", h)
            total = net.add("add", (h, total), (_ADD,))
            x = net.concat("concat", (total, h), (_JOIN,))
            if spec.rectify == "join":
                x = net.relu("relu", x, (_SIGNED,))
    return x


def stride1_block(
    net: NetworkBuilder, spec: HENet, x: Node, width: int, kernel: int, inputs: Decision
) -> Node:
    """1x1 in m groups, shuffle, 3x3 in n groups. Table 1 prints the 1x1 with 2C inputs always."""
    m, n, why = net.grouping(width)
    bias = bias_of(spec)
    x = net.conv("conv1", x, width, groups=m, bias=spec.bias, because=(why, inputs, bias),
                 published_inputs=2 * width)  # fmt: skip
    x = net.shuffle("shuffle", net.norm("bn1", x), m, (why, _MIX))
    x = net.conv("conv2", x, width, kernel, groups=n, bias=spec.bias, because=(why, bias, _SAME))
    return net.norm("bn2", x)


def stride2_block(
    net: NetworkBuilder,
    spec: HENet,
    x: Node,
    output: int,
    stride: int,
    kernel: int,
    width: Decision,
) -> Node:
    """3x3 stride 2 to half of the output's width in m groups, shuffle, 1x1 in n groups."""
    with net.scope("down"):
        if divides(2, output) is False:
            raise RuleError(
                f"a stride-2 block cannot halve its output width {output}",
                why=f"{_HALF.reason} ({_HALF.source})",
            )
        m, n, why = net.grouping(output // 2)
        padding, paddings = net.padding(x, kernel, stride)
        bias = bias_of(spec)
        x = net.conv("conv1", x, output // 2, kernel, stride, padding, groups=m, bias=spec.bias,
                     because=(why, _HALF, bias, *paddings))  # fmt: skip
        x = net.shuffle("shuffle", net.norm("bn1", x), m, (why, _MIX))
        x = net.conv("conv2", x, output, groups=n, bias=spec.bias, because=(why, width, bias))
        return net.relu("relu", net.norm("bn2", x))


_IMAGENET = {
    "henet-imagenet-191": {
        "input": (3, 191, 191),
        "channels": (12, 24, 48, 96, 192, 384),
        "repeats": (0, 1, 2, 4, 2),
    },
    "henet-imagenet-255": {
        "input": (3, 255, 255),
        "channels": (12, 24, 48, 96, 192, 384, 768),
        "repeats": (0, 1, 2, 4, 4, 2),
    },
}
"""Larger networks, which the paper's section 6 leaves to the future: on the odd chains
191 > 95 > 47 > 23 > 11 > 5 > 2 and 255 > 127 > 63 > 31 > 15 > 7 > 3 > 1, most blocks in the middle,
as in ResNet. Nobody has trained them."""

FAMILY = Family(
    summary="group convolutions with m > n groups, add-and-concatenate skips, no pooling",
    source="HENet (Zhu and Zhang), Tables 1 and 2",
    spec=HENet,
    expand=expand,
    init="gaussian",
    presets={
        f"henet-r{r}{name}": Preset({"repeats": r, "classes": k})
        for k, name in ((10, ""), (100, "-c100"))
        for r in (2, 3, 4)
    }
    | {name: Preset({"classes": 1000} | values) for name, values in _IMAGENET.items()},
)
