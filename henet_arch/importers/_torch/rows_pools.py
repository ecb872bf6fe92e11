"""Pools and means."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import prod

from ...ir.dims import Padding
from ...ir.layer import Layer
from ...ir.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    ChannelMax,
    ChannelMean,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    MaxPool2d,
    Opaque,
)
from ...support.errors import LayerError, ShapeError
from ..opaque_costs import opaque_cost
from .padding import with_padding
from .rows_convolutions import pair
from .site import Results, Site
from .values import Axes, Value


def max_pool2d(site: Site) -> Results:
    if pair(site["dilation"]) != (1, 1):
        return None
    kernel = pair(site["kernel_size"])
    stride = pair(site["stride"] or list(kernel))
    return _pool(
        site, lambda padding: MaxPool2d(kernel, stride, padding, site["ceil_mode"]), float("-inf")
    )


def avg_pool2d(site: Site) -> Results:
    kernel = pair(site["kernel_size"])
    stride = pair(site["stride"] or list(kernel))
    counts, divisor = site["count_include_pad"], site["divisor_override"]
    return _pool(
        site,
        lambda padding: AvgPool2d(kernel, stride, padding, site["ceil_mode"], counts, divisor),
        0.0 if counts else None,
    )


def _pool(site: Site, layer: Callable[[Padding], Layer], filling: float | None) -> Results:
    """A pool, with the padding of its input where it can pad so.

    Args:
        site: Its place.
        layer: The pool with some padding.
        filling: What it pads with; None where that is not to be had beforehand.
    """
    if filling is not None:
        padding, value = with_padding(site, "self", site["padding"], filling)
        with suppress(ShapeError, LayerError):
            return site.result(site.draft(layer(padding), site.as_map(value).draft))
    return site.result(site.draft(layer(pair(site["padding"])), site.map("self").draft))


def adaptive_avg_pool2d(site: Site) -> Results:
    return _adaptive(site, GlobalAvgPool2d(), AdaptiveAvgPool2d)


def adaptive_max_pool2d(site: Site) -> Results:
    result = _adaptive(site, GlobalMaxPool2d(), AdaptiveMaxPool2d)
    indices = site.operation.results[1:]
    if result is None or any(site.readers(name) for name in indices):
        return None
    return [result, *(result for _ in indices)]  # type: ignore[list-item]


def _adaptive(
    site: Site, whole: Layer, parts: type[AdaptiveAvgPool2d | AdaptiveMaxPool2d]
) -> Results:
    value = site.map("self")
    size = pair(site["output_size"])
    if size == value.draft.shape[1:] != (1, 1):
        return value
    layer = whole if size == (1, 1) else parts(size)
    return site.result(site.draft(layer, value.draft))


def adaptive_avg_pool1d(site: Site) -> Results:
    """The mean over all places, where a map is seen as rows of places."""
    value = site.value("self")
    if site["output_size"] != [1] or not value.is_regular or len(value.axes) != 2:
        return None
    return _over_places(site, value, {1}, GlobalAvgPool2d(), keep=True)


def mean(site: Site) -> Results:
    if site["dtype"] is not None:
        return None
    return _reduced(site, GlobalAvgPool2d(), ChannelMean())


def amax(site: Site) -> Results:
    return _reduced(site, GlobalMaxPool2d(), ChannelMax())


def max_of_dim(site: Site) -> Results:
    """The largest along one axis, where its place is not asked for."""
    if any(site.readers(name) for name in site.operation.results[1:]):
        return None
    result = amax(site)
    return None if result is None else [result, result]  # type: ignore[list-item]


def vector_norm(site: Site) -> Results:
    """The root of the sum of squares of each channel: opaque, but a map stays one."""
    value = site.value("self")
    if site["ord"] not in (None, 2) or site["dtype"] is not None:
        return None
    shape = (value.draft.shape[0], 1, 1)
    operator = site.operation.operator
    costs = opaque_cost("norm", prod(map(int, value.draft.shape)), int(value.draft.shape[0]))
    layer = Opaque(operator, (value.draft.shape,), shape, (), costs)
    return _reduced(site, layer, None)


def _reduced(site: Site, places: Layer, channels: Layer | None) -> Results:
    value = site.value("self")
    dims = site["dim"]
    if not value.is_regular or dims is None or dims == []:
        return None
    rank = len(value.sizes)
    gone = {dim % rank - 1 for dim in (dims if isinstance(dims, list) else [dims])}
    if -1 in gone or len(value.draft.shape) != 3:
        return None
    axes = {axis for index in gone for axis in value.axes[index] if value.draft.shape[axis] > 1}
    spatial = {axis for axis in (1, 2) if value.draft.shape[axis] > 1}
    if axes == spatial or (axes == {1, 2}):
        return _over_places(site, value, gone, places, keep=bool(site["keepdim"]))
    if axes == {0} and channels is not None:
        draft = site.draft(channels, value.draft)
        return site.result(draft, _left(value, gone, keep=bool(site["keepdim"])))
    return None


def _over_places(site: Site, value: Value, gone: set[int], layer: Layer, *, keep: bool) -> Value:
    draft = site.draft(layer, value.draft)
    return site.result(draft, _left(value, gone, keep=keep))


def _left(value: Value, gone: set[int], *, keep: bool) -> Axes:
    if keep:
        return value.axes
    return tuple(group for index, group in enumerate(value.axes) if index not in gone)
