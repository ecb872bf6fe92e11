"""Kernels that slide a window down strips of columns: the sums of all outputs that a row is part of
are made at once, `a0` of the nearest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .lines import block, indented


class Strips(NamedTuple):
    """The window of such a kernel."""

    rows: int
    columns: int
    stride: int

    @property
    def name(self) -> str:
        return f"strips{self.rows}x{self.columns}by{self.stride}"

    @property
    def pending(self) -> int:
        """Outputs that a row is part of, at most."""
        return (self.rows - 1) // self.stride + 1


def function(kernel: Strips, finish: str) -> str:
    """The kernel whose outputs end as `finish` says."""
    weights = ", ".join(f"w{t} = splat(weights[{t}])" for t in range(kernel.rows * kernel.columns))
    sums = ", ".join(f"a{d} = b" for d in range(kernel.pending))
    elements = ", ".join(f"x{c}" for c in range(kernel.columns))
    body = [
        "const int q = c + LANES <= row || row < LANES ? c : row - LANES;",
        f"const float *from = in + {kernel.stride} * q;",
        f"vector {sums}, {elements};",
        *_rows(kernel, range(kernel.rows - kernel.stride)),
        *block("for (int p = q; p < size; p += row)", _output(kernel, finish)),
    ]
    lines = [
        f"const vector b = splat(bias[0]), {weights};",
        "(void)kept;",
        *block("for (int c = 0; c < row; c += LANES)", body),
    ]
    head = f"ALONE void {kernel.name}_{finish}(STRIP_ARGUMENTS)"
    return "\n".join((head, "{", *indented(lines), "}", ""))


def _output(kernel: Strips, finish: str) -> Iterator[str]:
    """The last rows of an output, and the sums of those that come."""
    yield from _rows(kernel, range(kernel.rows - kernel.stride, kernel.rows))
    yield "const vector a0_0 = a0;"
    yield f"FINISH_{finish}(0, 0)"
    for later in range(1, kernel.pending):
        yield f"a{later - 1} = a{later};"
    yield f"a{kernel.pending - 1} = b;"


def _rows(kernel: Strips, rows: range) -> Iterator[str]:
    """Rows of the window of the nearest output; of the one behind it they are fewer."""
    for row in rows:
        yield from _elements(kernel)
        for column in range(kernel.columns):
            for output in range(row // kernel.stride + 1):
                tap = (row - output * kernel.stride) * kernel.columns + column
                yield f"a{output} += w{tap} * x{column};"
        yield "from += row_in;"


def _elements(kernel: Strips) -> Iterator[str]:
    """The elements of a row that meet each column of the window."""
    if kernel.stride == 1:
        yield from (f"x{c} = held(load(from + {c}));" for c in range(kernel.columns))
        return
    yield "x0 = load(from), x1 = load(from + LANES);"
    yield from block("", ["const vector even = EVEN(x0, x1);", "x1 = ODD(x0, x1);", "x0 = even;"])
    for column in range(2, kernel.columns):
        yield f"x{column} = later(x{column - 2}, from[2 * LANES + {column - 2}]);"
