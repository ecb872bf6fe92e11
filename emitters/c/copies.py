"""Steps whose elements are copies of single ones, or mixtures of a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...ir.layers import AdaptiveAvgPool2d, PixelShuffle, PixelUnshuffle
from ...lowering.sampling import background, blended, picked, windows
from .elements import plane_by_plane
from .lines import block, call, number
from .step import StepWriter


def pick(w: StepWriter) -> Iterator[str]:
    """Each element is a copy of the one that the tables of rows and columns name."""
    rows, columns = (picked(w.step, axis) for axis in (0, 1))
    down, across = w.table([at * w.row_in if at >= 0 else -1 for at in rows]), w.table(columns)
    source = f"ws[{w.planes}[c] + {down}[i] + {across}[x]]"
    missing = [f"{table}[{i}] < 0" for table, i in _gaps((down, rows, "i"), (across, columns, "x"))]
    nothing = number(background(w.step))
    value = f"{' || '.join(missing)} ? {nothing} : {source}" if missing else source
    yield from plane_by_plane(w, [f"float y = {value};"])


def _gaps(*axes: tuple[str, list[int], str]) -> Iterator[tuple[str, str]]:
    """The tables that name nothing somewhere, and their indices."""
    yield from ((table, index) for table, at, index in axes if min(at) < 0)


def blend(w: StepWriter) -> Iterator[str]:
    """Rows are mixed by vectors, and then columns of the mixture."""
    w.kernels.need("blend.h")
    down, across = (blended(w.step, axis) for axis in (0, 1))
    taps, width = len(across[0].at), w.step.source.size[1]
    rows = w.table([at * w.row_in for one in down for at in one.at])
    columns = w.table([at for one in across for at in one.at])
    heights, widths = (
        w.kernels.tables.floats([share for one in axis for share in one.shares])
        for axis in (down, across)
    )
    yield f"float *mixed = ws + {w.scratch};"
    mix = call(
        "mix", f"ws + {w.planes}[c]", f"{rows} + {taps} * i", f"{heights} + {taps} * i", taps,
        "mixed", width,
    )  # fmt: skip
    at = f"{taps} * x"
    result = call("mixture", "mixed", f"{columns} + {at}", f"{widths} + {at}", taps)
    finish = [f"float y = {result}", *w.finish(f" + i * {w.row} + x")]
    height, wide = w.step.size
    row = [mix, *block(f"for (int x = 0; x < {wide}; x++)", finish)]
    yield f"for (int c = 0; c < {w.step.channels}; c++)"
    yield from block(f"    for (int i = 0; i < {height}; i++)", row)


def pixels(w: StepWriter) -> Iterator[str]:
    """Pixels of one channel from several, or the other way."""
    layer = w.step.node.layer
    if not isinstance(layer, PixelShuffle | PixelUnshuffle):
        raise TypeError(f"{w.step.name} moves no pixels")
    f = layer.factor
    if isinstance(layer, PixelShuffle):
        plane = f"c * {f * f} + i % {f} * {f} + x % {f}"
        place = f"i / {f} * {w.row_in} + x / {f}"
    else:
        plane = f"c / {f * f}"
        place = f"(i * {f} + c / {f} % {f}) * {w.row_in} + x * {f} + c % {f}"
    yield from plane_by_plane(w, [f"float y = ws[{w.planes}[{plane}] + {place}];"])


def adaptive(w: StepWriter) -> Iterator[str]:
    """The mean, or the largest, of windows of different sizes."""
    name = "mean_of" if isinstance(w.step.node.layer, AdaptiveAvgPool2d) else "largest_of"
    w.kernels.need(f"{name}.h")
    (top, bottom), (left, right) = (
        (w.table([one.start for one in reads]), w.table([one.stop for one in reads]))
        for reads in (windows(w.step, axis) for axis in (0, 1))
    )
    result = call(
        name, f"ws + {w.planes}[c]", w.row_in,
        f"{top}[i]", f"{bottom}[i]", f"{left}[x]", f"{right}[x]",
    )  # fmt: skip
    yield from plane_by_plane(w, [f"float y = {result}"])


def highest(w: StepWriter) -> Iterator[str]:
    """The largest element of each plane."""
    w.kernels.need("highest.h")
    result = call("highest", f"ws + {w.planes}[c]", *w.step.source.size, w.row_in)
    lines = [f"float y = {result}", *w.finish()]
    yield from block(f"for (int c = 0; c < {w.step.channels}; c++)", lines)


def flat(w: StepWriter) -> Iterator[str]:
    """All elements of planes, each to a plane of its own."""
    height, width = w.step.source.size
    lines = [
        f"const int c = (s * {height} + i) * {width} + x;",
        f"float y = ws[{w.planes}[s] + i * {w.row_in} + x];",
        *w.finish(),
    ]
    yield f"for (int s = 0; s < {len(w.step.source.planes)}; s++)"
    yield f"    for (int i = 0; i < {height}; i++)"
    yield from block(f"        for (int x = 0; x < {width}; x++)", lines)


def weight(w: StepWriter) -> Iterator[str]:
    """A number for each channel."""
    yield f"for (int c = 0; c < {w.step.channels}; c++)"
    yield f"    ws[{w.ends}[c]] = weights[c];"


KERNELS: dict[str, Callable[[StepWriter], Iterator[str]]] = {
    "pick": pick,
    "blend": blend,
    "pixels": pixels,
    "adaptive": adaptive,
    "highest": highest,
    "flat": flat,
    "weight": weight,
}
