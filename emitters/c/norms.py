"""Steps that bring elements to one scale by their own mean and variance."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...ir.layers import GroupNorm, LayerNorm
from .lines import call, number
from .step import StepWriter


def group_norm(w: StepWriter) -> Iterator[str]:
    """A mean, a factor and a shift for each channel, then a sweep over its plane."""
    layer = w.step.node.layer
    if not isinstance(layer, GroupNorm):
        raise TypeError(f"{w.step.name} is no group norm")
    w.kernels.need("sums.h", "moments.h")
    channels, groups = w.step.channels, int(layer.groups)
    size = channels // groups
    yield f"float *moves = ws + {w.scratch};"
    moments = call(
        "moments", "ws", f"{w.planes} + {size} * g", size, *w.step.source.size, w.row_in,
        number(layer.eps), f"weights + {size} * g", f"weights + {channels} + {size} * g",
        f"moves + {3 * size} * g",
    )  # fmt: skip
    yield f"for (int g = 0; g < {groups}; g++)"
    yield f"    {moments}"
    kernel, ends = w.kernels.centred(w.finishing), f"{w.ends} + {w.finishing.every} * c"
    yield f"for (int c = 0; c < {channels}; c++)"
    yield "    " + call(
        kernel, f"ws + {w.planes}[c]", "ws", 0, 0, "moves + 3 * c", "moves + 3 * c + 2", ends,
        w.kept, w.row, 0, w.size,
    )  # fmt: skip


def layer_norm(w: StepWriter) -> Iterator[str]:
    """The channels of each place, many places at once."""
    layer = w.step.node.layer
    if not isinstance(layer, LayerNorm):
        raise TypeError(f"{w.step.name} is no layer norm")
    channels = w.step.channels
    yield call(
        w.kernels.normal(w.finishing), "ws", w.planes, channels, w.finishing.every,
        number(layer.eps), "weights", f"weights + {channels}", w.ends, w.kept, w.row,
        w.size,
    )  # fmt: skip


KERNELS: dict[str, Callable[[StepWriter], Iterator[str]]] = {
    "group_norm": group_norm,
    "layer_norm": layer_norm,
}
