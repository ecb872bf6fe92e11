"""Steps that slide a window over planes: direct and depthwise convolution, and pooling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ...lowering.blocking import blocks
from ...lowering.scratch import packed
from .lines import block, call
from .step import StepWriter


def direct(w: StepWriter) -> Iterator[str]:
    """Sums of products, group by group and block by block."""
    w.kernels.need("moves.h")
    found, every = w.found, w.finishing.every
    taps = found.inputs * len(found.taps)
    yield f"const float *bias = weights + {taps * found.groups * found.outputs};"
    yield f"int at[{taps}];"
    yield from _lead(w, "0")
    group = [*_gather(w, "0"), f"const int *to = {w.ends} + {found.outputs * every} * g;"]
    for size, many in runs(found.outputs):
        kernel = w.kernels.sweep(size, w.finishing)
        lines = (
            call(kernel, "ws", "ws", "at", taps, "weights", "bias", "to", w.kept, w.row, w.size),
            f"weights += {taps * size}, bias += {size}, to += {size * every};",
        )
        group += repeated(many, lines)
    yield from block(f"for (int g = 0; g < {found.groups}; g++)", group)


def largest(w: StepWriter) -> Iterator[str]:
    """The largest tap, plane by plane."""
    w.kernels.need("moves.h")
    kernel, taps = w.kernels.largest(w.finishing), len(w.found.taps)
    ends = f"{w.ends} + {w.finishing.every} * g"
    run = call(kernel, "ws", "ws", "at", taps, 0, 0, ends, w.kept, w.row, w.size)
    yield f"int at[{taps}];"
    yield from _lead(w, "-INFINITY")
    group = [*_gather(w, "-INFINITY"), run]
    yield from block(f"for (int g = 0; g < {w.found.groups}; g++)", group)


def _lead(w: StepWriter, value: str) -> Iterator[str]:
    """The room before the first packed plane."""
    if w.found.packed and (lead := packed(w.found, w.row).lead):
        yield call("fill", f"ws + {w.scratch}", lead, value)


def _gather(w: StepWriter, value: str) -> Iterator[str]:
    """Pack the planes of group `g` where they must be, and say where each tap reads."""
    found, taps = w.found, w.taps()
    planes = f"{w.planes} + {found.inputs} * g"
    if found.packed:
        yield from _packing(w, value)
        room = packed(found, w.row)
        apart, start = len(found.phases) * room.plane, w.scratch + room.lead
        planes = w.table([start + apart * i for i in range(found.inputs)])
    yield call("gather", "at", planes, found.inputs, w.table(taps), len(taps))


def _packing(w: StepWriter, value: str) -> Iterator[str]:
    """Copy the phases of a group's planes to the scratch, even and odd columns at once."""
    w.kernels.need("pack.h")
    found, room = w.found, packed(w.found, w.row)
    down, across = found.window.stride
    lines = [
        f"const float *plane = ws + {w.planes}[{found.inputs} * g + i];",
        f"float *phase = ws + {w.scratch + room.lead} + {len(found.phases) * room.plane} * i;",
    ]
    paired = False
    for index, (y, x) in enumerate(found.phases):
        height, width = found.phase_size(index)
        start = f"plane + {y * w.row_in + x}", w.row_in, down
        to, end = f"phase + {index * room.plane}", (w.row, room.plane, value)
        if paired:
            paired = False
        elif across == 2 and x == 0 and found.phases[index + 1 : index + 2] == ((y, 1),):
            odds = found.phase_size(index + 1)[1]
            lines.append(call("pack_pair", *start, to, height, width, odds, *end))
            paired = True
        else:
            lines.append(call("pack", *start, across, to, height, width, *end))
    yield from block(f"for (int i = 0; i < {found.inputs}; i++)", lines)


def runs(outputs: int) -> list[tuple[int, int]]:
    """Sizes of blocks, and how many there are of each."""
    return [(size, len(list(same))) for size, same in groupby(blocks(outputs))]


def repeated(many: int, lines: Iterable[str]) -> list[str]:
    """The lines so many times."""
    return list(lines) if many == 1 else list(block(f"for (int b = 0; b < {many}; b++)", lines))
