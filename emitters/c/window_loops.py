"""Steps that slide a window over planes: direct and depthwise convolution, and pooling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ...lowering.blocking import LARGEST_BLOCK, blocks
from ...lowering.registers import ROOM, Room
from ...lowering.scratch import packed
from . import factors
from .lines import block, call
from .step import StepWriter


def direct(w: StepWriter) -> Iterator[str]:
    """Sums of products, group by group and block by block."""
    w.kernels.need("moves.h")
    loop, every = w.loop, w.finishing.every
    each = loop.taps * loop.outputs
    yield f"const float *bias = weights + {each * loop.groups};"
    once, source, before = _source(w, "0")
    yield from once
    factored, weights = factors.weights(w, runs(blocks(loop.outputs)))
    yield from factored
    blocks_of_group = [
        f"const float *w = {weights} + {each} * g, *biases = bias + {loop.outputs} * g;",
        f"const int *to = {w.ends} + {loop.outputs * every} * g;",
        *_blocks(w, source),
    ]
    size = w.span.size
    many, few = (_band(w, ROOM[registers]) or size for registers in (32, 16))
    yield f"const int band = {many if many == few else f'REGISTERS == 32 ? {many} : {few}'};"
    head = f"for (int from = 0; from < {size}; from += band)"
    end = f"const int end = {size} - from < band ? {size} : from + band;"
    blocks_of_group = list(block(head, [end, *blocks_of_group]))
    yield from block(f"for (int g = 0; g < {loop.groups}; g++)", [*before, *blocks_of_group])


def _blocks(w: StepWriter, source: str) -> Iterator[str]:
    """The blocks of a group, in a band of the plane or all of it."""
    taps, every = w.loop.taps, w.finishing.every
    planes = source.replace("ws", w.span.source, 1), w.span.target
    for size, many in runs(blocks(w.loop.outputs)):
        kernel = w.kernels.sweep(size, taps, w.finishing)
        lines = (
            call(kernel, *planes, "at", taps, "w", "biases", "to", w.kept, w.row, "from", "end"),
            f"w += {taps * size};",
            f"biases += {size};",
            f"to += {size * every};",
        )
        yield from repeated(many, lines)


def _band(w: StepWriter, room: Room) -> int:
    """Elements of a plane after which the next block comes, so that the inputs stay in a cache.

    It is 0 where they stay there anyway, or are read once.
    """
    loop = w.loop
    if loop.inputs * w.at_once <= room.cached or loop.outputs <= LARGEST_BLOCK:
        return 0
    return max(room.band, room.cached // 2 // loop.inputs // room.band * room.band)


def largest(w: StepWriter) -> Iterator[str]:
    """The largest tap, plane by plane."""
    w.kernels.need("moves.h")
    kernel, taps = w.kernels.largest(w.finishing), w.loop.taps
    ends = f"{w.ends} + {w.finishing.every} * g"
    once, source, each = _source(w, "-INFINITY")
    yield from once
    run = call(kernel, source, "ws", "at", taps, 0, 0, ends, w.kept, w.row, 0, w.size)
    yield from block(f"for (int g = 0; g < {w.loop.groups}; g++)", [*each, run])


def _source(w: StepWriter, value: str) -> tuple[list[str], str, list[str]]:
    """What is done once, from where taps count, and what is done for group `g` before it sweeps.

    Taps count from the packed planes, from the one plane of a group, or from the workspace.
    """
    loop, at = w.loop, f"offset *at = {w.at};"
    if loop.packed:
        room = packed(loop, w.row)
        lead = [call("fill", f"ws + {w.scratch}", room.lead, value)] if room.lead else []
        apart = len(loop.phases) * room.plane
        planes = w.table([apart * i for i in range(loop.inputs)])
        source = f"ws + {w.scratch + room.lead}"
        return [at, *lead, gather(w, planes)], source, list(_packing(w, value))
    if loop.inputs == 1:
        return [at, gather(w, w.table([0]))], f"ws + {w.planes}[g]", []
    return [at], "ws", [gather(w, f"{w.planes} + {loop.inputs} * g")]


def gather(w: StepWriter, planes: str) -> str:
    """Say how far each tap of each of the planes reads."""
    down, across = w.reaches()
    rows, columns = w.loop.window.kernel
    return call("gather", "at", planes, w.loop.inputs, down, rows, across, columns)


def _packing(w: StepWriter, value: str) -> Iterator[str]:
    """Copy the phases of a group's planes to the scratch, even and odd columns at once."""
    w.kernels.need("pack.h")
    loop, room = w.loop, packed(w.loop, w.row)
    down, across = loop.window.stride
    lines = [
        f"const float *plane = ws + {w.planes}[{loop.inputs} * g + i];",
        f"float *phase = ws + {w.scratch + room.lead} + {len(loop.phases) * room.plane} * i;",
    ]
    paired = False
    for index, (y, x) in enumerate(loop.phases):
        height, width = loop.phase_size(index)
        start = f"plane + {y * w.row_in + x}", w.row_in, down
        to, end = f"phase + {index * room.plane}", (w.row, room.plane, value)
        if paired:
            paired = False
        elif across == 2 and x == 0 and loop.phases[index + 1 : index + 2] == ((y, 1),):
            odds = loop.phase_size(index + 1)[1]
            lines.append(call("pack_pair", *start, to, height, width, odds, *end))
            paired = True
        else:
            lines.append(call("pack", *start, across, to, height, width, *end))
    yield from block(f"for (int i = 0; i < {loop.inputs}; i++)", lines)


def runs(sizes: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Each size, and how many of it follow each other."""
    for size, same in groupby(sizes):
        yield size, len(list(same))


def repeated(many: int, lines: Iterable[str]) -> list[str]:
    """The lines so many times."""
    return list(lines) if many == 1 else list(block(f"for (int b = 0; b < {many}; b++)", lines))
