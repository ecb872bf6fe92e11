"""Sums, products, concatenations and slices as layers of Caffe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ir.dims import Shape, format_shape
from ...ir.graph import Node
from ...ir.layers import SliceChannels
from ...ir.scope import join, parent
from .messages import fields
from .net import CaffeLayer, Row, Site, slashed


def eltwise(operation: str, gate: str = "", name: str = "") -> Row:
    """The row of a join of maps of one shape.

    Args:
        operation: What an `Eltwise` does with them.
        gate: The layer that does it with a map and one number for each of its channels.
        name: What that layer's settings are called.
    """

    def row(site: Site) -> None:
        shapes = site.node.input_shapes
        if len(set(shapes)) == 1:
            settings = fields(operation=operation if operation != "SUM" else None)
            site.add("Eltwise", eltwise_param=settings)
        elif gate and len(shapes) == 2 and (order := _order(shapes)):
            _gate(site, gate, name, order)
        else:
            raise site.refused(
                f"a join of {', '.join(map(format_shape, shapes))}",
                why="Caffe repeats nothing but one number for each channel of one other map",
            )

    return row


def _order(shapes: Sequence[Shape]) -> tuple[int, int] | None:
    """Which of two inputs is the map, and which one has a number for each of its channels."""
    for whole, small in ((0, 1), (1, 0)):
        if len(shapes[whole]) == 3 and shapes[small] == (shapes[whole][0], 1, 1):
            return whole, small
    return None


def _gate(site: Site, kind: str, settings: str, order: tuple[int, int]) -> None:
    """The numbers as a vector, and the layer that goes by channel."""
    whole, small = (site.bottoms[index] for index in order)
    site.need(kind)
    flat = site.add("Flatten", bottoms=(small,), suffix="flatten")
    axis: dict[str, Any] = {settings: fields(axis=0)}
    site.add(kind, bottoms=(whole, flat), **axis)


def subtract(site: Site) -> None:
    """An `Eltwise` that takes the second from the first."""
    if len(set(site.node.input_shapes)) > 1:
        raise site.refused(
            f"a difference of {' and '.join(map(format_shape, site.node.input_shapes))}",
            why="Caffe's Eltwise takes maps of one shape",
        )
    site.add("Eltwise", eltwise_param=fields(operation="SUM", coeff=[1, -1]))


def concat(site: Site) -> None:
    """`Concat` along the channels."""
    site.add("Concat")


def slice_channels(site: Site) -> None:
    """One `Slice` for all layers that take parts of one map which do not overlap."""
    net = site.net
    if site.layer.step != 1:
        why = "a Slice of Caffe takes channels that are neighbours"
        raise site.refused(f"one of {site.layer.step} channels", why=why)
    if site.node.shape == site.node.input_shapes[0]:  # a Slice has two parts or more
        site.add("Power")
        return
    name = net.fresh(slashed(join(parent(site.node.name), "slice")))
    parts = {_bounds(node).start: node for node in _apart(site)}
    ends = {_bounds(node).stop for node in parts.values()}
    whole = int(site.node.input_shapes[0][0])
    cuts = sorted({0, *parts, *ends} - {whole})
    tops = []
    for index, start in enumerate(cuts):
        node = parts.get(start)
        tops.append(slashed(node.name) if node else net.fresh(f"{name}_rest"))
        if node:
            net.blobs[node.name], net.givers[node.name] = tops[-1], (name, index)
    settings = {"slice_param": fields(slice_point=cuts[1:])}
    net.append(CaffeLayer(name, "Slice", site.bottoms, tuple(tops), settings, node=site.node.name))


def _bounds(node: Node) -> range:
    """The channels that a layer takes; none where it is no slice of neighbours."""
    layer = node.layer
    if isinstance(layer, SliceChannels) and layer.step == 1:
        return range(int(layer.start), int(layer.stop))
    return range(0)


def _apart(site: Site) -> list[Node]:
    """The layer and those after it that take other channels of the same map."""
    chosen = [site.node]
    for node in site.net.graph.readers[site.node.inputs[0]]:
        taken = _bounds(node)
        if not taken or node.name in site.net.blobs:
            continue
        if all(taken.stop <= own.start or own.stop <= taken.start for own in map(_bounds, chosen)):
            chosen.append(node)
    return chosen
