"""Inverted residuals with a factor for each channel: MobileNetV3 and EfficientNet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..ir.dims import Dim, certainly_equal
from ..ir.graph import Decision
from ._parts import conv_norm, squeeze_excite

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder


class Inverted(NamedTuple):
    """One block."""

    wide: Dim
    """The width in the middle."""
    out: Dim
    kernel: int
    stride: int
    squeeze: Dim | None
    """The width that the means are squeezed to; None for no factors."""
    function: str
    """After the first two convolutions."""
    gate: tuple[str, str]
    """After the squeeze, and what makes a factor of a number."""
    source: str
    """Where the block is printed."""
    why: Decision
    """The reason for its width."""


def inverted_residual(net: NetworkBuilder, x: Node, block: Inverted) -> Node:
    """Wide in the middle; added to its input where the shapes agree and nothing strides."""
    h = x
    if not certainly_equal((x.channels,), (block.wide,)):
        because = Decision("expansion", f"1x1 from {x.channels} to {block.wide}", block.source)
        h = conv_norm(net, "1", x, block.wide, because=(because,))
        h = net.elementwise("act1", h, block.function)
    m, _, grouped = net.grouping(h.channels)
    size = Decision(
        "depthwise", f"{block.kernel}x{block.kernel} in the rule's m groups", block.source
    )
    h = conv_norm(net, "2", h, h.channels, block.kernel, block.stride, groups=m,
                  because=(grouped, size))  # fmt: skip
    h = net.elementwise("act2", h, block.function)
    if block.squeeze is not None:
        because = Decision("squeeze", f"the means of {h.channels} to {block.squeeze}", block.source)
        h = squeeze_excite(net, h, block.squeeze, *block.gate, (because,))
    linear = Decision("bottleneck", "1x1 without a function after it", block.source)
    h = conv_norm(net, "3", h, block.out, because=(block.why, linear))
    if block.stride > 1 or not certainly_equal(h.shape, x.shape):
        return h
    return net.add("add", (h, x), (Decision("skip", "input and output agree", block.source),))
