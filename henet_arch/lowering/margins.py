"""Zeros around a map are the padding of the windows that read it.

Where a convolution or an average pool reads a map that was padded so, its own padding grows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, cast

from ..ir.attributes import by_side
from ..ir.dims import Shape, Sides, Window
from ..ir.graph import Node
from ..ir.layer import Layer
from ..ir.layers import AvgPool2d, Conv2d, Pad2d
from .program import Value


class _Margin(NamedTuple):
    """What a padded map was before, and the zeros around it."""

    source: Value
    shape: Shape
    sides: Sides


class Margins:
    """The maps so far that were padded with zeros."""

    def __init__(self) -> None:
        self._margins: dict[str, _Margin] = {}

    def note(self, node: Node, source: Value) -> None:
        """Remember a layer that pads `source` with zeros."""
        layer = node.layer
        if not isinstance(layer, Pad2d) or layer.mode != "constant" or layer.value:
            return
        inner = self._margins.get(node.inputs[0])
        if inner is None:
            inner = _Margin(source, node.input_shapes[0], (0, 0, 0, 0))
        self._margins[node.name] = inner._replace(sides=_sum(inner.sides, layer.padding))

    def merged(self, node: Node, source: Value) -> tuple[Node, Value]:
        """A layer and what it reads, its padding those zeros too where that is the same."""
        margin = self._margins.get(node.inputs[0])
        layer = _with_more(node.layer, margin.sides) if margin else None
        if margin is None or layer is None:
            return node, source
        return node._replace(layer=layer, input_shapes=(margin.shape,)), margin.source


def _with_more(layer: Layer, more: Sides) -> Layer | None:
    """The layer with more padding; None where it is not zeros as others are."""
    if isinstance(layer, Conv2d):
        return replace(layer, padding=by_side(*_sum(_sides(layer.window), more)))
    if isinstance(layer, AvgPool2d) and not layer.ceil_mode and _counts_padding(layer):
        padding = by_side(*_sum(_sides(layer.window), more))
        return replace(layer, padding=padding, count_include_pad=True)
    return None


def _counts_padding(layer: AvgPool2d) -> bool:
    return layer.count_include_pad or not any(layer.padding)


def _sides(window: Window) -> Sides:
    return (*window.sides(0), *window.sides(1))


def _sum(one: Sides, other: Sides) -> Sides:
    return cast(Sides, tuple(a + b for a, b in zip(one, other, strict=True)))
