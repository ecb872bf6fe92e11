"""Steps that multiply the components of Winograd's transforms as matrices."""

from __future__ import annotations

from collections.abc import Iterator

from ...lowering.scratch import Tiles, transformed_panels
from ...lowering.vectors import WIDEST, rounded
from ...lowering.winograd import TILE, components, products, tiles
from . import matrix
from .lines import block, call
from .step import StepWriter
from .window_loops import repeated
from .winograd import lead_in, tiles_in

_TEXTS = {3: "winograd.h", 5: "winograd5.h"}
"""By the rows of a window the kernels that transform."""


def winograd_matrix(w: StepWriter) -> Iterator[str]:
    """Transform some tiles of a group, multiply panel by panel, and finish the panel's rows."""
    loop, room = w.loop, transformed_panels(w.loop, w.row)
    rows, every = loop.window.kernel[0], room.at_once
    w.kernels.need("moves.h", _TEXTS[rows])
    weights = products(loop) * rounded(loop.outputs)
    yield f"const float *bias = weights + {weights * loop.groups};"
    yield f"float *in = ws + {w.scratch + room.lead};"
    yield f"float *products = ws + {w.scratch + room.products_at};"
    yield f"float *sums = ws + {w.scratch + room.rows_at};"
    yield f"float *turned = ws + {w.scratch + room.turned_at};"
    yield from lead_in(loop, room)
    yield f"for (int g = 0; g < {loop.groups}; g++)"
    lines = [
        f"const int left = {tiles(loop)} - first, tiles = left < {every} ? left : {every};",
        f"const int below = {w.step.size[0]} - {TILE} * first;",
        f"const int rows = below < {TILE} * tiles ? below : {TILE} * tiles;",
        f"const float *w = weights + {weights} * g;",
        f"int o = {loop.outputs} * g;",
        *tiles_in(w, room, f"tiles_in{rows}"),
    ]
    for size, channels, many in matrix.panel_runs(loop):
        lines += repeated(many, _panel(w, room, size, channels))
    yield from block(f"    for (int first = 0; first < {tiles(loop)}; first += {every})", lines)


def _panel(w: StepWriter, room: Tiles, size: int, channels: int) -> Iterator[str]:
    """The products of a panel's components, its rows, and those as finished planes."""
    loop, width = w.loop, size * WIDEST
    every, taps = w.finishing.every, w.loop.inputs * w.loop.window.kernel[1]
    head = f"for (int k = 0; k < {components(loop)}; k++, w += {taps * width})"
    yield from block(head, _component(w, room, size))
    yield call(
        f"tiles_out{loop.window.kernel[0]}", "products", room.outputs * width, "sums", "tiles",
        w.step.size[1], w.row, width,
    )  # fmt: skip
    yield call(
        w.kernels.turned(w.finishing), "sums", width, "turned", "ws",
        f"{TILE * w.row} * first", f"rows * {w.row}", channels, every, "bias + o",
        f"{w.ends} + {every} * o", w.kept, w.row,
    )  # fmt: skip
    yield f"o += {channels};"


def _component(w: StepWriter, room: Tiles, size: int) -> Iterator[str]:
    """The products of component `k`, a row of places for each tile."""
    loop, width = w.loop, size * WIDEST
    columns, pad = loop.window.kernel[1], loop.window.sides(1)[0]
    taps = loop.inputs * columns
    reach = [
        i * room.inputs + k * loop.window.dilation[1] - pad
        for i in range(loop.inputs)
        for k in range(columns)
    ]
    yield f"const offset *at = {w.table(reach)};"
    yield f"const float *from = in + {loop.inputs * room.inputs} * k;"
    row = [
        *matrix.asking(taps, size, "y"),
        f"const float *row = from + y * {w.row};",
        f"float *to = products + {room.outputs * width} * k + y * {w.row * width};",
    ]
    yield from matrix.products(w, taps, size, "tiles", row)
