"""A step as a window that slides over planes: its groups, and where each tap reads.

Convolutions, linear layers, pooling, a batch norm that does not fold and a bare ReLU are all sums,
or largest elements, of taps over the planes of a group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

from ..ir.dims import Window
from ..ir.functions import FUNCTIONS
from ..ir.layers import AvgPool2d, Conv2d, ConvTranspose2d
from .program import Size, Step
from .transposed import padding


@dataclass(frozen=True)
class Axis:
    """A window along the height or the width, in elements."""

    kernel: int
    stride: int
    padding: int
    """Before the first element; how much follows the last one shows in `size`."""
    dilation: int
    size_in: int
    size: int

    @property
    def starts(self) -> range:
        """Where each element of the kernel reads for the output at 0."""
        return range(-self.padding, self.kernel * self.dilation - self.padding, self.dilation)

    @cached_property
    def phases(self) -> tuple[int, ...]:
        """Which element each phase begins with."""
        return tuple(dict.fromkeys(start % self.stride for start in self.starts[: self.stride]))

    @cached_property
    def taps(self) -> tuple[Tap, ...]:
        """For each element of the kernel its phase, and where in it it reads."""
        index = {first: place for place, first in enumerate(self.phases)}
        return tuple(Tap(index[s % self.stride], s // self.stride) for s in self.starts)

    @property
    def lowest(self) -> int:
        """The least place in its phase that is read for the output at 0."""
        return self.starts[0] // self.stride

    @property
    def highest(self) -> int:
        """The greatest one."""
        return self.starts[-1] // self.stride

    @property
    def behind(self) -> int:
        """How many places behind the last element are read."""
        return max(0, self.stride * (self.size - 1) + self.starts[-1] + 1 - self.size_in)

    @property
    def inside(self) -> range:
        """The elements of the kernel that meet no padding, for the output at 0."""
        first = min(-(-self.padding // self.dilation), self.kernel)
        beyond = min(-(-(self.size_in + self.padding) // self.dilation), self.kernel)
        return range(first, max(first, beyond))

    def length(self, phase: int) -> int:
        """Elements of the phase that begins with the element `phase`."""
        return -((phase - self.size_in) // self.stride)

    @property
    def longest(self) -> int:
        """Elements of the longest phase."""
        return self.length(min(self.phases))


class Tap(NamedTuple):
    """Where one element of the kernel reads along an axis, for the output at 0."""

    phase: int
    at: int


@dataclass(frozen=True)
class WindowLoop:
    """Groups of planes under one window.

    A stride s makes s * s phases of each plane: every s-th row and column. Over each of them the
    window has stride 1.
    """

    largest: bool
    """Whether it keeps the largest element; otherwise it sums products."""
    groups: int
    inputs: int
    """Planes that a group reads."""
    outputs: int
    """Planes that a group makes."""
    window: Window
    size_in: Size
    size: Size

    @cached_property
    def rows(self) -> Axis:
        """The window down the plane."""
        return self._axis(0)

    @cached_property
    def columns(self) -> Axis:
        """The window across the plane."""
        return self._axis(1)

    @property
    def taps(self) -> int:
        """Elements that an output channel sums, or is the largest of."""
        return self.inputs * self.rows.kernel * self.columns.kernel

    @cached_property
    def phases(self) -> tuple[Size, ...]:
        """Which row and column each phase begins with."""
        return tuple((row, column) for row in self.rows.phases for column in self.columns.phases)

    def phase_size(self, phase: int) -> Size:
        """Height and width of one phase of the input."""
        row, column = self.phases[phase]
        return self.rows.length(row), self.columns.length(column)

    @property
    def packed(self) -> bool:
        """Whether the planes are copied, phase by phase, before the window slides over them."""
        return self.window.stride != (1, 1) or (self.largest and self.overlaps)

    @property
    def height(self) -> int:
        """Rows of the highest phase."""
        return self.rows.longest

    @property
    def margins(self) -> tuple[int, int]:
        """Rows above or below, and columns before, a phase that are read."""
        below = self.rows.highest + self.size[0] - self.height
        return max(-self.rows.lowest, below, 0), max(-self.columns.lowest, 0)

    @property
    def frame(self) -> tuple[int, int, int]:
        """Rows above or below, columns before and columns behind a plane that are read of it."""
        rows, columns = self.rows, self.columns
        return max(rows.padding, rows.behind), columns.padding, columns.behind

    @property
    def row(self) -> int:
        """The least distance between rows at which no window meets elements of another row."""
        reach = max(0, self.columns.highest)
        return max(self.columns.longest + self.margins[1], self.size[1] + reach)

    @property
    def overlaps(self) -> bool:
        """Whether a window of stride 1 reads padding."""
        return self.margins != (0, 0) or self.row > self.size_in[1]

    def _axis(self, axis: int) -> Axis:
        window, (before, _) = self.window, self.window.sides(axis)
        kernel, stride, dilation = window.kernel[axis], window.stride[axis], window.dilation[axis]
        return Axis(kernel, stride, before, dilation, self.size_in[axis], self.size[axis])


def window_loop(step: Step) -> WindowLoop | None:
    """The step as a sweep; None where it is an input, a mean, or of a kind that does not slide."""
    make = None if step.part else _SWEEPS.get(step.node.layer.kind)
    return make(step) if make and not is_mean(step) and not is_uneven(step) else None


def is_mean(step: Step) -> bool:
    """Whether it is the mean of each whole plane."""
    layer = step.node.layer
    if layer.kind == "global_avg_pool2d":
        return True
    return (
        isinstance(layer, AvgPool2d)
        and step.size == (1, 1)
        and layer.kernel == step.source.size
        and layer.padding == (0, 0)
        and layer.divisor_override is None
    )


def is_uneven(step: Step) -> bool:
    """Whether it is an average pool whose windows are divided by numbers of their own."""
    layer = step.node.layer
    return isinstance(layer, AvgPool2d) and layer.is_uneven(step.source.size, step.size)


_POINT = Window((1, 1), (1, 1), (0, 0))


def _convolution(step: Step) -> WindowLoop:
    layer = cast(Conv2d, step.node.layer)
    groups = cast(int, layer.groups)
    inputs = len(step.source.planes) // groups
    return _sweep(step, layer.window, groups, inputs, step.channels // groups)


def _transposed(step: Step) -> WindowLoop:
    layer = cast(ConvTranspose2d, step.node.layer)
    groups = cast(int, layer.groups)
    window = Window(layer.kernel, (1, 1), padding(layer), layer.dilation)
    inputs = len(step.source.planes) // groups
    return _sweep(step, window, groups, inputs, step.channels // groups)


def _linear(step: Step) -> WindowLoop:
    window = Window(step.source.size, (1, 1), (0, 0))
    return _sweep(step, window, 1, len(step.source.planes), step.channels)


def _pool(step: Step) -> WindowLoop:
    window = cast(Window, step.node.layer.window)
    largest = step.node.layer.kind == "max_pool2d"
    return _sweep(step, window, step.channels, 1, 1, largest=largest)


def _each(step: Step) -> WindowLoop:
    return _sweep(step, _POINT, step.channels, 1, 1)


def _along_channels(step: Step) -> WindowLoop:
    largest = step.node.layer.kind == "channel_max"
    return _sweep(step, _POINT, 1, len(step.source.planes), 1, largest=largest)


def _sweep(
    step: Step, window: Window, groups: int, inputs: int, outputs: int, *, largest: bool = False
) -> WindowLoop:
    return WindowLoop(largest, groups, inputs, outputs, window, step.source.size, step.size)


_ON_EACH = (
    "batch_norm2d", "batch_norm1d", "scale", "prelu", "layer_norm", "group_norm",
    "add", "multiply", "subtract", "divide", "maximum", "minimum",
)  # fmt: skip
_SWEEPS: dict[str, Callable[[Step], WindowLoop]] = {
    "conv2d": _convolution,
    "linear": _linear,
    "avg_pool2d": _pool,
    "max_pool2d": _pool,
    "conv_transpose2d": _transposed,
    "channel_mean": _along_channels,
    "channel_max": _along_channels,
    **dict.fromkeys(_ON_EACH, _each),
    **{name: _each for name, function in FUNCTIONS.items() if function.vector},
}
