"""Steps that compute a convolution in the domain of Winograd's F(4,3)."""

from __future__ import annotations

from collections.abc import Iterator

from ...lowering.blocking import blocks
from ...lowering.scratch import Tiles, transformed
from ...lowering.window_loop import WindowLoop
from ...lowering.winograd import TILE, TRANSFORMS, components, products, tiles
from .lines import block, call
from .step import StepWriter
from .window_loops import repeated, runs

COMPONENTS = len(TRANSFORMS[3])
"""Of F(4,3)."""


def winograd(w: StepWriter) -> Iterator[str]:
    """Transform some tiles of a group, multiply component by component, and finish their rows."""
    w.kernels.need("moves.h", "winograd.h")
    loop, room = w.loop, transformed(w.loop, w.row)
    count, every = tiles(loop), room.at_once
    weights = products(loop) * loop.outputs
    yield f"const float *bias = weights + {weights * loop.groups};"
    yield f"float *in = ws + {w.scratch + room.lead};"
    yield f"float *products = ws + {w.scratch + room.products_at};"
    yield f"float *spare = ws + {w.scratch + room.rows_at};"
    yield from lead_in(loop, room)
    yield f"for (int g = 0; g < {loop.groups}; g++)"
    lines = [
        f"const int left = {count} - first, tiles = left < {every} ? left : {every};",
        f"const int rows = {w.step.size[0]} - {TILE} * first;",
        f"const float *w = weights + {weights} * g;",
        f"int o = {loop.outputs} * g;",
        *tiles_in(w, room, "tiles_in3"),
    ]
    for size, many in runs(blocks(loop.outputs)):
        lines += repeated(many, _block(w, room, size))
    yield from block(f"    for (int first = 0; first < {count}; first += {every})", lines)


def lead_in(loop: WindowLoop, room: Tiles) -> Iterator[str]:
    """Zeros before each component of each plane."""
    if room.lead:
        yield f"for (int i = 0; i < {components(loop) * loop.inputs}; i++)"
        yield f"    fill(in + {room.inputs} * i - {room.lead}, {room.lead}, 0);"


def tiles_in(w: StepWriter, room: Tiles, kernel: str) -> Iterator[str]:
    """The transforms of a group's planes, by a kernel."""
    loop = w.loop
    plane = f"ws + {w.planes}[{loop.inputs} * g + i]"
    apart = loop.inputs * room.inputs
    height, pad = loop.size_in[0], loop.window.sides(0)[0]
    yield f"for (int i = 0; i < {loop.inputs}; i++)"
    to = f"in + {room.inputs} * i"
    yield "    " + call(kernel, plane, to, apart, "first", "tiles", pad, height, w.row, "ws")


def _block(w: StepWriter, room: Tiles, size: int) -> Iterator[str]:
    """A block of output channels: their products, then their rows."""
    loop, apart = w.loop, room.outputs
    columns, pad = loop.window.kernel[1], loop.window.sides(1)[0]
    taps = loop.inputs * columns
    at = w.table(
        [
            i * room.inputs + k * loop.window.dilation[1] - pad
            for i in range(loop.inputs)
            for k in range(columns)
        ]
    )
    to = w.table([apart * COMPONENTS * o for o in range(size)])
    source, to_products = f"in + {loop.inputs * room.inputs} * k", f"products + {apart} * k"
    size_now = f"{w.row} * tiles"
    start, every = f"ws + {TILE * w.row} * first", w.finishing.every
    soon = call("ask_for", start, f"{w.ends} + {every} * (o + k)", every, f"{TILE} * {size_now}")
    kernel = w.kernels.sweep(size, taps)
    product = call(kernel, source, to_products, at, taps, "w", "none", to, 0, w.row, 0, size_now)
    asking = soon if size >= COMPONENTS else f"if (k < {size}) {soon}"
    head = f"for (int k = 0; k < {COMPONENTS}; k++, w += {taps * size})"
    yield from block(head, [asking, product])
    ends = f"{w.ends} + {every} * o"
    yield f"for (int c = 0; c < {size}; c++, o++)"
    yield "    " + call(
        w.kernels.rows(w.finishing), f"products + {apart * COMPONENTS} * c", apart, "spare",
        "ws", f"{TILE * w.row} * first", "tiles", "rows", "bias + o", ends, w.kept, w.row,
    )  # fmt: skip
