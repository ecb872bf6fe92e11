"""Steps that make single elements, and those that only move them."""

from __future__ import annotations

from collections.abc import Iterator

from ...lowering.blocking import inside, lane_width
from ...lowering.layout import rounded
from .lines import block, call
from .step import StepWriter


def copy(w: StepWriter) -> Iterator[str]:
    """The caller's image, to rows with room behind them."""
    w.kernels.need("moves.h")
    height, width = w.step.size
    source, to = f"input + {height * width} * c", f"ws + {w.ends}[c]"
    yield f"for (int c = 0; c < {w.step.channels}; c++)"
    yield "    " + call("copy_in", source, to, height, width, w.row)


def mean(w: StepWriter) -> Iterator[str]:
    """The mean of each plane."""
    w.kernels.need("mean.h")
    height, width = w.step.source.size
    made = call("mean", f"ws + {w.planes}[c]", height * w.row_in, f"1.0f / {height * width}")
    lines = [f"float y = {made}", *w.finishing.on_one(w.ends)]
    yield from block(f"for (int c = 0; c < {w.step.channels}; c++)", lines)


def lanes(w: StepWriter) -> Iterator[str]:
    """One output of each channel, many channels at once."""
    w.kernels.need("lanes.h")
    found, width = w.found, lane_width(w.found.outputs)
    taps = _taps(w)
    count = width * found.inputs * len(taps)
    yield f"const float *bias = weights + {count * found.groups};"
    yield f"float outputs[{rounded(width)}];"
    run = call(
        "lanes", "ws", f"{w.planes} + {found.inputs} * g", found.inputs, w.table(taps or [0]),
        len(taps), f"weights + {count} * g", f"bias + {width} * g", width, "outputs",
        found.outputs,
    )  # fmt: skip
    finish = [
        f"const int c = {found.outputs} * g + o;",
        "float y = outputs[o];",
        *w.finishing.on_one(w.ends),
    ]
    outputs = block(f"for (int o = 0; o < {found.outputs}; o++)", finish)
    yield from block(f"for (int g = 0; g < {found.groups}; g++)", [run, *outputs])


def _taps(w: StepWriter) -> list[int]:
    """How far from a plane's first element each tap reads that meets no padding."""
    offsets = [row * w.row_in + column for row, column in w.found.starts]
    return [offsets[index] for index in inside(w.found)]
