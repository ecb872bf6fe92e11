"""Steps that are computed one element after the other, with what the C library has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...ir.layers import AvgPool2d, Elementwise, LocalResponseNorm
from .activations import of_library
from .lines import block, call, number
from .step import StepWriter


def softmax(w: StepWriter) -> Iterator[str]:
    """Shares of the sum of exponentials."""
    w.kernels.need("elements.h")
    height, width = w.step.size
    channels = w.step.channels
    finish = ["float y = outputs[c];", *w.finish(f" + i * {w.row} + x")]
    place = [
        call("softmax", "ws", w.planes, channels, f"i * {w.row_in} + x", "outputs"),
        *block(f"for (int c = 0; c < {channels}; c++)", finish),
    ]
    yield f"float *outputs = ws + {w.scratch};"
    yield f"for (int i = 0; i < {height}; i++)"
    yield from block(f"    for (int x = 0; x < {width}; x++)", place)


def response_norm(w: StepWriter) -> Iterator[str]:
    """Each channel over a power of the squares around it."""
    layer = w.step.node.layer
    if not isinstance(layer, LocalResponseNorm):
        raise TypeError(f"{w.step.name} is no local response norm")
    w.kernels.need("totals.h", "response.h")
    height, width = w.step.size
    settings = (layer.size, *map(number, (layer.alpha / layer.size, layer.beta, layer.k)))
    place = "ws", w.planes, w.step.channels, "c", f"i * {w.row_in}", "outputs", width
    finish = ["float y = outputs[x];", *w.finish(f" + i * {w.row} + x")]
    row = [
        call("response_norm", *place, *settings),
        *block(f"for (int x = 0; x < {width}; x++)", finish),
    ]
    yield f"float *outputs = ws + {w.scratch};"
    yield f"for (int c = 0; c < {w.step.channels}; c++)"
    yield from block(f"    for (int i = 0; i < {height}; i++)", row)


def average(w: StepWriter) -> Iterator[str]:
    """An average pool whose windows are cut off at the edge, in what they divide by too."""
    layer = w.step.node.layer
    if not isinstance(layer, AvgPool2d):
        raise TypeError(f"{w.step.name} is no average pool")
    plane = (f"ws + {w.planes}[c]", *w.step.source.size, w.row_in, *layer.kernel)
    top, left = (f"{y} * {stride}" for y, stride in zip("ix", layer.stride, strict=True))
    if layer.count_include_pad:
        w.kernels.need("elements.h")
        result = call("average", *plane, *layer.padding, top, left)
    else:
        w.kernels.need("inside.h")
        above, before = (layer.window.sides(axis)[0] for axis in (0, 1))
        result = call("average_inside", *plane, f"{top} - {above}", f"{left} - {before}")
    yield from plane_by_plane(w, [f"float y = {result}"])


def elementwise(w: StepWriter) -> Iterator[str]:
    """A function of each element."""
    layer = w.step.node.layer
    if not isinstance(layer, Elementwise):
        raise TypeError(f"{w.step.name} is no function of each element")
    result = [f"float y = ws[{w.planes}[c] + i * {w.row_in} + x];", f"y = {of_library(layer)};"]
    yield from plane_by_plane(w, result)


def plane_by_plane(w: StepWriter, lines: list[str]) -> Iterator[str]:
    """`lines` make `y` of channel `c`, row `i` and column `x`."""
    finish = w.finish(f" + i * {w.row} + x")
    height, width = w.step.size
    yield f"for (int c = 0; c < {w.step.channels}; c++)"
    yield f"    for (int i = 0; i < {height}; i++)"
    yield from block(f"        for (int x = 0; x < {width}; x++)", [*lines, *finish])


KERNELS: dict[str, Callable[[StepWriter], Iterator[str]]] = {
    "softmax": softmax,
    "local_response_norm": response_norm,
    "average": average,
    "elementwise": elementwise,
}
