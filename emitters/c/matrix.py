"""Steps that compute a convolution as products of matrices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ...lowering.matrix import SUMS, matrix_weights, panels, rows_at_once, stretches, sums
from ...lowering.vectors import WIDEST
from ...lowering.window_loop import WindowLoop
from .kernels import Product
from .lines import block, call
from .step import StepWriter
from .window_loops import gather, repeated, runs

_TAPS = 256
"""Products of a piece of a sum."""
WIDE = 32
"""Registers that products of a row of places need, if lanes of columns do as well."""


def matrix(w: StepWriter) -> Iterator[str]:
    """The sums of a panel of output channels at all places, turned to planes and finished."""
    w.kernels.need("moves.h")
    loop = w.loop
    each = matrix_weights(loop)
    yield f"const float *bias = weights + {each * loop.groups};"
    yield f"offset *at = {w.at};"
    yield "#if REGISTERS == 32"
    yield f"float *sums = ws + {w.scratch};"
    yield f"float *turned = ws + {w.scratch + sums(loop, w.row)};"
    yield "#endif"
    group = [
        gather(w, f"{w.planes} + {loop.inputs} * g"),
        f"const float *w = weights + {each} * g;",
        f"int o = {loop.outputs} * g;",
    ]
    for size, channels, many in panel_runs(loop):
        group += repeated(many, _panel(w, size, channels))
    yield from block(f"for (int g = 0; g < {loop.groups}; g++)", group)


def panel_runs(loop: WindowLoop) -> Iterator[tuple[int, int, int]]:
    """Vectors of a panel, the channels that it has, and how many such panels follow each other."""
    left = loop.outputs
    for size, same in groupby(panels(loop)):
        many, width = len(list(same)), size * WIDEST
        whole = min(many, left // width)
        for count, channels in ((whole, width), (many - whole, left - whole * width)):
            if count:
                yield size, channels, count
        left -= many * width


def _panel(w: StepWriter, size: int, channels: int) -> Iterator[str]:
    """So many channels of a panel: with few registers, lanes of columns lose less."""
    yield "#if REGISTERS == 32"
    yield from _rows(w, size, channels)
    yield "#else"
    yield from _blocks(w, size, channels)
    yield "#endif"
    yield f"w += {w.loop.taps * size * WIDEST};"
    yield f"o += {channels};"


def _blocks(w: StepWriter, size: int, channels: int) -> Iterator[str]:
    """The channels as the direct kernel computes them, block by block."""
    first, every, taps = 0, w.finishing.every, w.loop.taps
    for rows, many in runs(channels):
        kernel = w.kernels.sweep(rows, taps, w.finishing, size * WIDEST)
        ends = f"{w.ends} + {every} * (o + c)"
        given = ("ws", "ws", "at", taps, "w + c", "bias + o + c", ends, w.kept, w.row, 0, w.size)
        end = first + rows * many
        yield f"for (int c = {first}; c < {end}; c += {rows})"
        yield "    " + call(kernel, *given)
        first = end


def _rows(w: StepWriter, size: int, channels: int) -> Iterator[str]:
    """Some rows of places after the other: their sums, then turned and finished."""
    height, width, every = w.step.size[0], size * WIDEST, w.finishing.every
    rows = rows_at_once(w.loop, w.row)
    finish = call(
        w.kernels.turned(w.finishing, [WIDE]), "sums", width, "turned", "ws", f"first * {w.row}",
        f"rows * {w.row}", channels, every, "bias + o", f"{w.ends} + {every} * o", w.kept, w.row,
    )  # fmt: skip
    body = [
        f"const int left = {height} - first, rows = left < {rows} ? left : {rows};",
        *_pieces(w, size),
        finish,
    ]
    yield from block(f"for (int first = 0; first < {height}; first += {rows})", body)


def _pieces(w: StepWriter, size: int) -> Iterator[str]:
    """Piece by piece the products of each row."""
    row = [
        *asking(w.loop.taps, size, "first + y"),
        f"const float *row = ws + (first + y) * {w.row};",
        f"float *to = sums + y * {w.row * size * WIDEST};",
        *products(w, size, WIDE),
    ]
    yield from pieces(w.loop.taps, block("for (int y = 0; y < rows; y++)", row))


def pieces(taps: int, rows: Iterable[str]) -> Iterator[str]:
    """The products of all rows piece by piece, of `some` taps from `t` on."""
    head = f"const int some = {taps} - t < {_TAPS} ? {taps} - t : {_TAPS};"
    yield from block(f"for (int t = 0; t < {taps}; t += {_TAPS})", [head, *rows])


def asking(taps: int, size: int, row: str) -> Iterator[str]:
    """What is asked for meanwhile of the next weights: a line of each tap, by each of some rows."""
    ahead = f"{taps * size * WIDEST} + {WIDEST} * ({taps} * ({row}) + t)"
    yield f"const int asks = {row} < {size} ? {WIDEST} : 0;"
    yield f"const float *soon = w + (asks ? {ahead} : 0);"


def products(w: StepWriter, size: int, registers: int) -> Iterator[str]:
    """The products of a row, so many places at once as the registers hold the sums of."""
    x, width = 0, size * WIDEST
    for places, same in groupby(stretches(w.step.size[1], SUMS[registers] // size)):
        end = x + places * len(list(same))
        name = w.kernels.product(Product(places, size), registers)
        to, asked = f"to + {width} * x + s", ("soon", "x + s ? 0 : asks")
        given = ("row + x", "at + t", "some", f"w + {width} * t + s", width, to, "t", *asked)
        yield f"for (int x = {x}; x < {end}; x += {places})"
        yield f"    for (int s = 0; s < {width}; s += {size} * LANES)"
        yield "        " + call(name, *given)
        x = end
