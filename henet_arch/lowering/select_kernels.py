"""How each step is computed, by a table of what is fastest where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from ..ir.dims import format_shape
from ..ir.functions import FUNCTIONS
from ..ir.layers import Resize
from ..support.errors import EmitError
from .matrix import is_matrix
from .program import WEIGHT, Program, Step
from .strips import is_strips
from .window_loop import WindowLoop, is_mean, is_uneven, window_loop
from .winograd import TILE, is_by_channels, is_open, is_worth_it

Kernel = Literal[
    "copy", "mean", "largest", "lanes", "depthwise", "strips",
    "winograd", "winograd_matrix", "direct", "matrix",
    "softmax", "local_response_norm", "elementwise", "average",
    "pick", "blend", "pixels", "adaptive", "highest", "flat", "weight", "layer_norm", "group_norm",
]  # fmt: skip
SINGLE: tuple[Kernel, ...] = (
    "lanes", "mean", "average", "elementwise", "pick", "blend", "pixels", "adaptive", "highest",
    "flat", "weight", "softmax", "local_response_norm",
)  # fmt: skip
"""Kernels that write single elements, and nothing between them."""


class Choice(NamedTuple):
    """A kernel, and why it is that one."""

    kernel: Kernel
    reason: str


def select_kernels(program: Program, tuned: Mapping[str, str] | None = None) -> dict[str, Choice]:
    """The kernel of each step by its name; `tuned` says what was measured for a `signature`.

    Raises:
        EmitError: a layer is of a kind that no kernel computes.
    """
    return {step.name: _choice(step, tuned or {}) for step in program.steps}


def signature(loop: WindowLoop) -> str:
    """What a measured choice is remembered by."""
    rows, columns = loop.size
    kernel, padding = loop.window.kernel, loop.window.padding
    return (
        f"{loop.groups}x{loop.inputs}x{loop.outputs} k{kernel[0]}x{kernel[1]} "
        f"p{format_shape(padding)} {rows}x{columns}"
    )


def _choice(step: Step, tuned: Mapping[str, str]) -> Choice:
    if step.part:
        return _PARTS[step.part.rstrip("0123456789")]
    if step.is_input:
        return Choice("copy", "the caller's image, to rows with room for padding")
    if is_mean(step):
        return Choice("mean", "one sum over each plane")
    kind = step.node.layer.kind
    if kind in _NAMED:
        return _NAMED[kind]
    if isinstance(step.node.layer, Resize):
        return _resized(step.node.layer)
    if is_uneven(step):
        return Choice("average", "windows that reach over the edge have divisors of their own")
    loop = window_loop(step)
    if loop is None and kind in FUNCTIONS:
        return Choice("elementwise", "one element after the other, by the C library")
    if loop is None:
        raise EmitError(f"no kernel computes {kind}, and C is made of kernels", where=step.name)
    return _swept(step, loop, tuned)


def _resized(layer: Resize) -> Choice:
    if layer.mode == "nearest":
        return Choice("pick", "each element is a copy of one")
    return Choice("blend", "rows are mixed by vectors, then the columns of the mixture")


def _swept(step: Step, loop: WindowLoop, tuned: Mapping[str, str]) -> Choice:
    if loop.largest:
        return Choice("largest", "the largest tap, a row of elements at a time")
    if loop.size == (1, 1):
        return Choice("lanes", "one output element: the lanes are output channels")
    if is_strips(step, loop):
        return Choice("strips", "one plane to one plane: strips of columns, row after row")
    if loop.inputs * loop.outputs == 1:
        return Choice("depthwise", "one plane to one plane: the lanes are columns")
    return _summed(loop, tuned)


def _summed(loop: WindowLoop, tuned: Mapping[str, str]) -> Choice:
    """How sums over several planes are computed."""
    kernel = tuned.get(signature(loop)) if is_open(loop) else None
    if kernel == "direct":
        return Choice("direct", "measured on this machine")
    if kernel == "winograd":
        return _transformed(loop, "measured on this machine")
    if is_open(loop) and is_worth_it(loop):
        return _transformed(loop)
    return _untransformed(loop)


def _transformed(loop: WindowLoop, reason: str = "") -> Choice:
    """By Winograd, with the lanes that waste less."""
    rows = loop.window.kernel[0]
    usual = f"F({TILE},{rows}) down the columns: {_SHARES[rows]} of the multiplications"
    kernel: Kernel = "winograd_matrix" if is_by_channels(loop) else "winograd"
    return Choice(kernel, reason or usual)


def _untransformed(loop: WindowLoop) -> Choice:
    """How a convolution is computed that Winograd's transforms do not suit."""
    if is_matrix(loop):
        return Choice("matrix", "the lanes are output channels, a row of places in registers")
    return Choice("direct", "the lanes are columns, a block of output channels in registers")


_SHARES = {3: "half", 5: "two fifths"}
"""By the rows of a window what is left of its multiplications."""
_PARTS: dict[str, Choice] = {
    "flat": Choice("flat", "an element a plane, as its reader needs it"),
    "wide": Choice("pick", "rows or columns repeated, as the other operands have them"),
    "spread": Choice("pick", "zeros between the elements, for a window of stride 1"),
    WEIGHT: Choice("weight", "a number for each channel, copied from the weights"),
}
"""For parts of a layer's work."""
_NAMED: dict[str, Choice] = {
    "softmax": Choice("softmax", "all channels of one place, then of the next"),
    "local_response_norm": Choice("local_response_norm", "row by row, with the channels around"),
    "pad2d": Choice("pick", "each element is a copy of one, or what stands around them"),
    "crop2d": Choice("pick", "each element is a copy of one"),
    "pixel_shuffle": Choice("pixels", "each element is a copy of one"),
    "pixel_unshuffle": Choice("pixels", "each element is a copy of one"),
    "adaptive_avg_pool2d": Choice("adaptive", "windows of different sizes, one after the other"),
    "adaptive_max_pool2d": Choice("adaptive", "windows of different sizes, one after the other"),
    "global_max_pool2d": Choice("highest", "one look at each plane"),
    "layer_norm": Choice("layer_norm", "the lanes are places, each with a mean of its channels"),
    "group_norm": Choice("group_norm", "a factor and a shift for each channel, then a sweep"),
}
"""For kinds that have a kernel of their own."""
