"""What a drawing says of a layer: the words of the papers' figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..ir.dims import Shape, format_shape
from ..ir.functions import FUNCTIONS
from ..ir.layer import Layer
from ..results.layer_report import LayerReport
from ..views.diagram import Box, Edge, Frame
from ..views.outline import Part


@dataclass(frozen=True)
class Caption:
    """A title, and what stands below it line by line."""

    title: str
    lines: tuple[str, ...] = ()


_SYMBOLS = {
    "add": "+",
    "concat": "C",
    "multiply": "\N{MULTIPLICATION SIGN}",
    "subtract": "-",
    "divide": "/",
    "maximum": "max",
    "minimum": "min",
}
"""The kinds that are drawn as a sign in a circle (HENet, Fig. 3)."""

_JOINED = {
    "batch_norm2d": "BN",
    "batch_norm1d": "BN",
    "layer_norm": "LN",
    "group_norm": "GN",
    "prelu": "PReLU",
    "local_response_norm": "LRN",
    **{name: function.title for name, function in FUNCTIONS.items()},
}
"""The short words for what joins another layer."""


def _conv(layer: Any) -> Caption:
    grouped = layer.groups != 1
    each = grouped and layer.groups == layer.in_channels
    word = "DWConv" if each else "GConv" if grouped else "Conv"
    groups = f"{layer.groups} groups" if grouped and not each else ""
    return Caption(f"{format_shape(layer.kernel)} {word}", _said(groups, _slid(layer)))


def _transposed(layer: Any) -> Caption:
    groups = f"{layer.groups} groups" if layer.groups != 1 else ""
    return Caption(f"{format_shape(layer.kernel)} transposed conv", _said(groups, _slid(layer)))


def _resize(layer: Any) -> Caption:
    how = () if layer.mode == "nearest" else (layer.mode,)
    if layer.size:
        return Caption(f"resize to {spaced(layer.size)}", how)
    factors = " x ".join(f"{factor:g}" for factor in dict.fromkeys(layer.factor))
    grows = min(layer.factor) >= 1
    return Caption(f"{'up' if grows else 'resize'} x{factors}", how)


def _slice(layer: Any) -> Caption:
    every = f", every {layer.step}." if layer.step != 1 else ""
    return Caption("channels", (f"{layer.start} to {layer.stop - 1}{every}",))


def _pad(layer: Any) -> Caption:
    even = len(set(layer.padding)) == 1
    around = str(layer.padding[0]) if even else _by_side(layer.padding)
    word = {"constant": "pad", "reflect": "reflect pad", "replicate": "edge pad"}[layer.mode]
    return Caption(f"{word} {around}")


def _crop(layer: Any) -> Caption:
    cut = f"crop {_by_side(layer.edges)}" if any(layer.edges) else "crop"
    return Caption(cut, _said(_slid(layer)))


def _by_side(sides: Sequence[int]) -> str:
    return ", ".join(map(str, sides))


def _adaptive(word: str) -> Callable[[Any], Caption]:
    return lambda layer: Caption(f"{word} pool to {spaced(layer.size)}")


def _pool(word: str) -> Callable[[Any], Caption]:
    return lambda layer: Caption(f"{format_shape(layer.kernel)} {word} pool", _said(_slid(layer)))


def _shuffle(layer: Any) -> Caption:
    return Caption("channel shuffle", (f"{layer.groups} groups",))


_CAPTIONS: dict[str, Callable[[Any], Caption]] = {
    "conv2d": _conv,
    "linear": lambda layer: Caption("fully connected"),
    "avg_pool2d": _pool("average"),
    "max_pool2d": _pool("max"),
    "conv_transpose2d": _transposed,
    "group_norm": lambda layer: Caption(
        "instance norm" if layer.groups == layer.channels else f"GN {layer.groups}"
    ),
    "global_avg_pool2d": lambda layer: Caption("global average pool"),
    "global_max_pool2d": lambda layer: Caption("global max pool"),
    "adaptive_avg_pool2d": _adaptive("average"),
    "adaptive_max_pool2d": _adaptive("max"),
    "channel_mean": lambda layer: Caption("mean of channels"),
    "channel_max": lambda layer: Caption("max of channels"),
    "resize": _resize,
    "slice_channels": _slice,
    "pad2d": _pad,
    "crop2d": _crop,
    "pixel_shuffle": lambda layer: Caption(f"pixel shuffle {layer.factor}"),
    "pixel_unshuffle": lambda layer: Caption(f"pixel unshuffle {layer.factor}"),
    "opaque": lambda layer: Caption(layer.operator, () if layer.cost_known else ("cost unknown",)),
    "channel_shuffle": _shuffle,
    "input": lambda layer: Caption(
        "image" if len(layer.shape) == 3 else "input", (spaced(layer.shape),)
    ),
    "dropout": lambda layer: Caption(f"dropout {layer.p:g}"),
}
"""A caption for each kind that its name alone does not describe."""


def caption_of(layer: Layer) -> Caption:
    """One layer's caption: kernel, groups, stride."""
    named = Caption(_JOINED.get(layer.kind, layer.kind.replace("_", " ")))
    return _CAPTIONS.get(layer.kind, lambda layer: named)(layer)


def caption(unit: Part) -> Caption:
    """A layer's caption with what joins it, in the order in which it runs."""
    main = unit.main
    own = caption_of(main.node.layer)
    at = unit.layers.index(main)
    before, after = (_joined(unit.layers[:at]), _joined(unit.layers[at + 1 :]))
    first = (f"after {before}",) if before else ()
    return Caption(own.title, (*own.lines, *first, *((after,) if after else ())))


def symbol(unit: Part) -> str:
    """The sign that the unit is drawn as, or nothing."""
    return _SYMBOLS.get(unit.main.node.layer.kind, "") if unit.level == "unit" else ""


def joined(unit: Part) -> str:
    """What joins the unit's layer, as one line."""
    return _joined([layer for layer in unit.layers if layer is not unit.main])


def box_caption(box: Box) -> Caption:
    """A layer's caption; of a block or a stage its name and what it does, line by line."""
    return caption(box.part) if box.part.level == "unit" else _listed(box.part.label, box.units)


def part_caption(part: Part) -> Caption:
    """The same for any part, with how often it repeats; of a merge what joins it."""
    if part.level == "layer":
        return caption_of(part.main.node.layer)
    if part.level == "unit":
        words = joined(part)
        merged = Caption(symbol(part), (words,) if words else ())
        return merged if symbol(part) else caption(part)
    if part.level == "run":
        return _listed(part.label + times(len(part.parts)), part.parts[0].parts)
    return _listed(part.label, part.parts)


def _listed(title: str, parts: Sequence[Part]) -> Caption:
    lines = [line for part in parts for line in _lines(part)]
    return Caption(
        title, tuple(lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "..."])
    )


def frame_title(frame: Frame) -> str:
    """Its name, if no box inside has the same, and how often it repeats."""
    has_title = any(box.part is frame.part for box in frame.boxes())
    return ("" if has_title else frame.part.label) + times(frame.repeat)


def labelled(edges: Sequence[Edge]) -> Iterator[tuple[Edge, list[str]]]:
    """Edges with the shapes that pass; a repetition says only what differs from the first time."""
    options = {(edge.target, line) for edge in edges if not edge.again for line in _shapes(edge)}
    for edge in edges:
        lines = _shapes(edge)
        yield edge, [x for x in lines if not edge.again or (edge.target, x) not in options]


def _shapes(edge: Edge) -> list[str]:
    """The shapes of its maps, or how many there are."""
    text = list(dict.fromkeys(map(_range, edge.maps)))
    return text if len(text) <= 2 else [f"{len(edge.maps)} maps"]


def _range(shapes: Sequence[Shape]) -> str:
    """One shape, or from the first to the last of repeated blocks."""
    first, last = shapes[0], shapes[-1]
    if first[1:] == last[1:] and first != last:
        return f"{first[0]} to {spaced(last)}"
    return spaced(first) if first == last else f"{spaced(first)} to {spaced(last)}"


def spaced(shape: Shape) -> str:
    """A shape as it stands on an edge: `24 x 31 x 31`."""
    return " x ".join(map(str, shape))


def times(repeat: int) -> str:
    """How often something repeats: ` x3`; nothing for once."""
    return f" x{repeat}" if repeat > 1 else ""


def box_title(box: Box) -> str:
    """The caption's title, and how often it repeats where no frame says so."""
    return box_caption(box).title + ("" if box.framed else times(box.repeat))


_MOST_LINES = 8
_MOST_TITLES = 6


def _lines(part: Part) -> Iterator[str]:
    """A part of a block or a stage in a line, or two."""
    if part.level == "unit":
        own = caption_of(part.main.node.layer)
        yield ", ".join((own.title, *own.lines))
        return
    units = part.parts[0].parts if part.level == "run" else part.parts
    yield part.label + (times(len(part.parts)) if part.level == "run" else "")
    titles = [caption_of(unit.main.node.layer).title for unit in units]
    if len(titles) > _MOST_TITLES:
        titles = [*titles[: _MOST_TITLES - 1], "..."]
    yield ", ".join(titles)


def _joined(layers: Sequence[LayerReport]) -> str:
    return ", ".join(caption_of(layer.node.layer).title for layer in layers)


def _slid(layer: Any) -> str:
    stride = layer.stride
    if stride == (1, 1):
        return ""
    return f"stride {stride[0] if stride[0] == stride[1] else format_shape(stride)}"


def _said(*words: str) -> tuple[str, ...]:
    line = ", ".join(word for word in words if word)
    return (line,) if line else ()
