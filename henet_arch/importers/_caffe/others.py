"""Layers of no kind of ours, with the shape that they give and what they cost."""

from __future__ import annotations

from math import prod

from ...ir.layer import Ops
from ...support.errors import FileError, ShapeError
from .assembly import At, Value
from .message import Message


def unknown(at: At) -> tuple[Value, ...]:
    """A layer that nothing here knows: as large as what it reads first, at an unknown cost."""
    first = at.opaque(at.x.shape, None)
    more = [at.opaque(at.x.shape, Ops(), first, suffix=top) for top in at.entry.tops[1:]]
    return (first, *more)


def normalize(at: At) -> Value:
    """Elements over the root of their sum of squares, times a learnt scale; of SSD."""
    fields = ("across_spatial", "scale_filler", "channel_shared", "eps")
    settings = at.settings("norm_param", fields)
    elements = prod(at.x.shape)
    norms = 1 if settings.flag("across_spatial", True) else prod(at.x.shape[1:])
    scales = (1,) if settings.flag("channel_shared", True) else (at.channels,)
    cost = Ops(mac=elements, add=norms, sqrt=norms, div=elements, mul=elements)
    return at.opaque(at.x.shape, cost, tensors=[("weight", scales)])


def mvn(at: At) -> Value:
    """Each channel, or all of them, less its mean and over its deviation."""
    settings = at.settings("mvn_param", ("normalize_variance", "across_channels", "eps"))
    elements = prod(at.x.shape)
    means = 1 if settings.flag("across_channels", False) else at.channels
    cost = Ops(add=2 * elements - means, div=means)
    if settings.flag("normalize_variance", True):
        variance = Ops(mac=elements, add=means, div=elements + means, sqrt=means)
        cost = cost + variance
    return at.opaque(at.x.shape, cost)


def prior_box(at: At) -> Value:
    """Boxes around each place, which depend on sizes alone; of SSD."""
    settings = at.entry.settings.message("prior_box_param")
    boxes = _boxes(settings)
    rows, columns = at.x.shape[1:] if len(at.x.shape) == 3 else (0, 0)
    if not (boxes and rows and columns):
        raise FileError("it needs a map and a min_size", fix="prior_box_param { min_size: 30 }")
    return at.opaque((2, int(rows) * int(columns) * boxes * 4), Ops())


def _boxes(settings: Message) -> int:
    """How many boxes there are at each place."""
    least, most = settings.reals("min_size"), settings.reals("max_size")
    flip = settings.flag("flip", True)
    ratios: list[float] = [1.0]
    for ratio in settings.reals("aspect_ratio"):
        if ratio <= 0:
            raise FileError(f"aspect_ratio = {ratio} is not above 0")
        if all(abs(ratio - other) >= _ALIKE for other in ratios):
            ratios += [ratio, 1 / ratio] if flip else [ratio]
    if most and len(most) != len(least):
        raise FileError(f"{len(most)} max_size for {len(least)} min_size")
    return len(ratios) * len(least) + len(most)


_ALIKE = 1e-6
"""How near two aspect ratios are that count as one."""


def detection_output(at: At) -> Value:
    """The boxes that are left: (label, score, corners) of each; of SSD."""
    kept = at.entry.settings.message("detection_output_param").whole("keep_top_k", -1)
    return at.opaque((1, kept if kept > 0 else 1, 7), None)


def pyramid(at: At) -> Value:
    """Pools of 1, 4, 16, ... windows over the whole map, as a vector."""
    settings = at.settings("spp_param", ("pyramid_height", "pool", "engine"))
    height = settings.whole("pyramid_height", 0)
    if not 1 <= height <= _HIGHEST or len(at.x.shape) != 3:
        raise FileError(f"pyramid_height = {height} is no pyramid over a map")
    windows = sum(4**level for level in range(height))
    read = height * prod(at.x.shape)
    is_max = settings.enum("pool", {"MAX": 0, "AVE": 1, "STOCHASTIC": 2}, "MAX") == "MAX"
    results = at.channels * windows
    cost = (
        Ops(compare=max(0, read - results))
        if is_max
        else Ops(add=max(0, read - results), div=results)
    )
    return at.opaque((results,), cost)


_HIGHEST = 16
"""Levels of a pyramid; more have windows below a pixel."""


def embed(at: At) -> Value:
    """A learnt vector for each whole number."""
    fields = ("num_output", "input_dim", "bias_term", "weight_filler", "bias_filler")
    settings = at.settings("embed_param", fields)
    outputs, words = settings.whole("num_output", 0), settings.whole("input_dim", 0)
    if min(outputs, words) < 1:
        raise ShapeError(f"{words} vectors of {outputs} are none")
    bias = settings.flag("bias_term", True)
    shape = (*at.x.shape, outputs)
    tensors = [("weight", (words, outputs)), ("bias", (outputs,))]
    return at.opaque(
        shape, Ops(add=prod(shape) if bias else 0), tensors=tensors if bias else tensors[:1]
    )
