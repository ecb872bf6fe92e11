"""Steps that slide a window down strips of columns of one plane."""

from __future__ import annotations

from collections.abc import Iterator

from .lines import call
from .step import StepWriter
from .strip_kernels import Strips


def strips(w: StepWriter) -> Iterator[str]:
    """Plane by plane; a plane is read as it lies, with zeros around."""
    loop, every = w.loop, w.finishing.every
    kernel = Strips(*loop.window.kernel, loop.window.stride[1])
    yield f"const float *bias = weights + {loop.taps * loop.groups};"
    above = 0 if w.turn == "second" else loop.rows.padding * w.row_in
    source, target, size = w.span
    source += f" + {w.planes}[g] - {above + loop.columns.padding}"
    run = call(
        w.kernels.strips(kernel, w.finishing), source, w.row_in, target,
        f"weights + {loop.taps} * g", "bias + g", f"{w.ends} + {every} * g", w.kept, w.row, size,
    )  # fmt: skip
    yield f"for (int g = 0; g < {loop.groups}; g++)"
    yield f"    {run}"
