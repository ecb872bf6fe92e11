"""Steps that compute a convolution as products of matrices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ...lowering.matrix import matrix_weights, panels, rows_at_once, stretches, sums
from ...lowering.vectors import WIDEST
from .kernels import Product
from .lines import block, call
from .step import StepWriter
from .window_loops import gather, repeated

_SUMS = {32: 24, 16: 12}
"""Sums that fit beside what they multiply, by the number of registers."""


def matrix(w: StepWriter) -> Iterator[str]:
    """The sums of a panel of output channels at all places, turned to planes and finished."""
    w.kernels.need("moves.h")
    loop = w.loop
    each = matrix_weights(loop)
    yield f"const float *bias = weights + {each * loop.groups};"
    yield f"offset *at = {w.at};"
    yield f"float *sums = ws + {w.scratch};"
    yield f"float *turned = ws + {w.scratch + sums(loop, w.row)};"
    group = [
        gather(w, f"{w.planes} + {loop.inputs} * g"),
        f"const float *w = weights + {each} * g;",
        f"int o = {loop.outputs} * g;",
    ]
    left = loop.outputs
    for size, same in groupby(panels(loop.outputs)):
        many, width = len(list(same)), size * WIDEST
        whole = min(many, left // width)
        for count, channels in ((whole, width), (many - whole, left - whole * width)):
            if count:
                group += repeated(count, _panel(w, size, channels))
        left -= many * width
    yield from block(f"for (int g = 0; g < {loop.groups}; g++)", group)


def _panel(w: StepWriter, size: int, channels: int) -> Iterator[str]:
    """Some rows of places after the other, for so many channels of a panel."""
    height, width, every = w.step.size[0], size * WIDEST, w.finishing.every
    rows, weights = rows_at_once(w.loop, w.row), w.loop.taps * width
    finish = call(
        w.kernels.turned(w.finishing), "sums", width, "turned", "ws", f"first * {w.row}",
        f"rows * {w.row}", channels, every, "bias + o", f"{w.ends} + {every} * o", w.kept, w.row,
    )  # fmt: skip
    lines = w.loop.taps * WIDEST
    body = [
        f"const int left = {height} - first, rows = left < {rows} ? left : {rows};",
        *block(
            "for (int y = 0; y < rows; y++)",
            [
                f"const float *in = ws + (first + y) * {w.row};",
                f"const float *soon = w + {weights} + {lines} * ((first + y) % {size});",
                f"float *to = sums + y * {w.row * width};",
                *_products(w, size),
            ],
        ),
        finish,
    ]
    yield from block(f"for (int first = 0; first < {height}; first += {rows})", body)
    yield f"w += {weights};"
    yield f"o += {channels};"


def _products(w: StepWriter, size: int) -> Iterator[str]:
    """The products of a row, so many places at once as the registers hold the sums of."""
    wide, narrow = (_stretches(w, size, registers) for registers in _SUMS)
    differing = ["#if REGISTERS == 32", *wide, "#else", *narrow, "#endif"]
    yield from wide if wide == narrow else differing


def _stretches(w: StepWriter, size: int, registers: int) -> list[str]:
    lines, x, width = [], 0, size * WIDEST
    for places, same in groupby(stretches(w.step.size[1], _SUMS[registers] // size)):
        many = len(list(same))
        name = w.kernels.product(Product(places, size, registers))
        end = x + many * places
        lines += [
            f"for (int x = {x}; x < {end}; x += {places})",
            f"    for (int s = 0; s < {width}; s += {size} * LANES)",
            "        "
            + call(
                name, "in + x", "at", w.loop.taps, "w + s", width, f"to + {width} * x + s", "soon"
            ),
        ]
        x = end
    return lines
