"""Steps that compute a convolution as products of matrices."""

from __future__ import annotations

from collections.abc import Iterator

from ...lowering.matrix import matrix_weights, panels, rows_at_once, stretches, sums
from ...lowering.registers import ROOM
from ...lowering.vectors import WIDEST
from ...lowering.window_loop import WindowLoop
from . import factors
from .kernels import Product
from .lines import block, call
from .step import StepWriter
from .window_loops import gather, repeated, runs


def matrix(w: StepWriter) -> Iterator[str]:
    """The sums of a panel of output channels at all places, turned to planes and finished."""
    w.kernels.need("moves.h")
    loop = w.loop
    each = matrix_weights(loop)
    yield f"const float *bias = weights + {each * loop.groups};"
    yield f"offset *at = {w.at};"
    yield f"float *sums = ws + {w.scratch};"
    yield f"float *turned = ws + {w.scratch + sums(loop, w.row)};"
    widths = (size * WIDEST for size in panels(loop))
    factored, weights = factors.weights(w, runs(widths))
    yield from factored
    group = [
        gather(w, f"{w.planes} + {loop.inputs} * g"),
        f"const float *w = {weights} + {each} * g;",
        f"int o = {loop.outputs} * g;",
    ]
    for size, channels, many in panel_runs(loop):
        group += repeated(many, _panel(w, size, channels))
    yield from block(f"for (int g = 0; g < {loop.groups}; g++)", group)


def panel_runs(loop: WindowLoop) -> Iterator[tuple[int, int, int]]:
    """Vectors of a panel, the channels that it has, and how many such panels follow each other."""
    left = loop.outputs
    for size, many in runs(panels(loop)):
        width = size * WIDEST
        whole = min(many, left // width)
        for count, channels in ((whole, width), (many - whole, left - whole * width)):
            if count:
                yield size, channels, count
        left -= many * width


def _panel(w: StepWriter, size: int, channels: int) -> Iterator[str]:
    """So many channels of a panel."""
    yield from _rows(w, size, channels)
    yield f"w += {w.loop.taps * size * WIDEST};"
    yield f"o += {channels};"


def _rows(w: StepWriter, size: int, channels: int) -> Iterator[str]:
    """Some rows of places after the other: their sums, then turned and finished."""
    height, width, every = w.step.size[0], size * WIDEST, w.finishing.every
    rows = rows_at_once(w.loop, w.row)
    finish = call(
        w.kernels.turned(w.finishing), "sums", width, "turned", "ws", f"first * {w.row}",
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
    ]
    yield from products(w, w.loop.taps, size, "rows", row)


def asking(taps: int, size: int, row: str) -> Iterator[str]:
    """What is asked for meanwhile of the next weights: a line of each tap, by each of some rows."""
    ahead = f"{taps * size * WIDEST} + {WIDEST} * ({taps} * ({row}) + t)"
    yield f"const int asks = {row} < {size} ? {WIDEST} : 0;"
    yield f"const float *soon = w + (asks ? {ahead} : 0);"


def products(w: StepWriter, taps: int, size: int, rows: str, row: list[str]) -> Iterator[str]:
    """The products of all `rows` rows `y`, piece by piece, with as many registers as there are.

    Each row begins with `row`, which says where it reads and writes, and what it asks for.
    """
    for condition, registers in (("if REGISTERS == 32", 32), ("else", 16)):
        yield f"#{condition}"
        yield from _piecewise(w, taps, size, rows, [*row, *_row(w, size, registers)], registers)
    yield "#endif"


def _piecewise(
    w: StepWriter, taps: int, size: int, rows: str, row: list[str], registers: int
) -> Iterator[str]:
    """The rows for some vectors of the panel after the other, of `some` taps from `t` on."""
    piece, step = ROOM[registers].taps, vectors_at_once(size, registers)
    each_row = block(f"for (int y = 0; y < {rows}; y++)", row)
    lines = [
        f"const int some = {taps} - t < {piece} ? {taps} - t : {piece};",
        *block(f"for (int s = 0; s < {size * WIDEST}; s += {step} * LANES)", each_row),
    ]
    yield from block(f"for (int t = 0; t < {taps}; t += {piece})", lines)


def _row(w: StepWriter, size: int, registers: int) -> Iterator[str]:
    """The products of a row, so many places at once as the registers hold the sums of."""
    x, width, vectors = 0, size * WIDEST, vectors_at_once(size, registers)
    most = ROOM[registers].sums // vectors
    for places, many in runs(stretches(w.step.size[1], most)):
        end = x + places * many
        name = w.kernels.product(Product(places, vectors), registers)
        to, asked = f"to + {width} * x + s", ("soon", "x + s ? 0 : asks")
        given = ("row + x", "at + t", "some", f"w + {width} * t + s", width, to, "t", *asked)
        yield f"for (int x = {x}; x < {end}; x += {places})"
        yield "    " + call(name, *given)
        x = end


def vectors_at_once(size: int, registers: int) -> int:
    """Vectors of a panel whose sums are made at once.

    With few registers vectors are narrow, and a panel has twice as many at least.
    """
    return size if registers == 32 else max(n for n in (2, 3) if 2 * size % n == 0)
