"""Steps that make single elements, and those that only move them."""

from __future__ import annotations

from collections.abc import Iterator

from ...lowering.blocking import lane_width
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
    w.kernels.need("sums.h", "mean.h")
    height, width = w.step.source.size
    result = call("mean", f"ws + {w.planes}[c]", height * w.row_in, height * width)
    lines = [f"float y = {result}", *w.finish()]
    yield from block(f"for (int c = 0; c < {w.step.channels}; c++)", lines)


def lanes(w: StepWriter) -> Iterator[str]:
    """One output of each channel, many channels at once."""
    w.kernels.need("totals.h", "lanes.h")
    loop, width = w.loop, lane_width(w.loop.outputs)
    rows, columns = loop.rows.inside, loop.columns.inside
    first, (down, across) = _first(w), loop.window.dilation
    count = width * loop.inputs * len(rows) * len(columns)
    yield f"const float *bias = weights + {count * loop.groups};"
    yield f"float *outputs = ws + {w.scratch};"
    run = call(
        "lanes", f"ws + {first}", f"{w.planes} + {loop.inputs} * g", loop.inputs, len(rows),
        len(columns), down * w.row_in, across, f"weights + {count} * g", f"bias + {width} * g",
        width, "outputs", loop.outputs,
    )  # fmt: skip
    finish = [
        f"const int c = {loop.outputs} * g + o;",
        "float y = outputs[o];",
        *w.finish(),
    ]
    outputs = block(f"for (int o = 0; o < {loop.outputs}; o++)", finish)
    yield from block(f"for (int g = 0; g < {loop.groups}; g++)", [run, *outputs])


def _first(w: StepWriter) -> int:
    """How far from a plane's first element the first tap reads that meets no padding."""
    rows, columns = w.loop.rows, w.loop.columns
    if not (rows.inside and columns.inside):
        return 0
    return rows.starts[rows.inside[0]] * w.row_in + columns.starts[columns.inside[0]]
