"""Convolutions and pools as layers of Caffe."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from math import prod

from ...importers._caffe.windows import pooled_shape
from ...ir.dims import Pair, format_shape
from ...ir.layers import AvgPool2d, Conv2d, ConvTranspose2d, MaxPool2d
from ...support.errors import ShapeError
from .messages import Value, fields
from .net import Row, Site


def convolution(site: Site) -> None:
    """`Convolution`: grouped, dilated, of any rectangle."""
    _convolution(site, "Convolution", _padding(site))


def deconvolution(site: Site) -> None:
    """`Deconvolution`, which adds no rows at the far edges."""
    layer: ConvTranspose2d = site.layer
    if any(layer.output_padding):
        raise site.refused(
            f"an output padding of {format_shape(layer.output_padding)}",
            why="Caffe's Deconvolution has none",
        )
    _convolution(site, "Deconvolution", layer.padding)


def _convolution(site: Site, kind: str, padding: Pair) -> None:
    layer: Conv2d | ConvTranspose2d = site.layer
    dilation = list(dict.fromkeys(layer.dilation))
    settings = fields(
        num_output=int(layer.out_channels),
        bias_term=None if layer.bias else False,
        **_along("pad", padding, 0),
        **_along("kernel_size", layer.kernel),
        **_along("stride", layer.stride, 1),
        dilation=dilation if dilation != [1] else None,
        group=int(layer.groups) if layer.groups != 1 else None,
    )
    site.add(kind, tensors=tuple(layer.weights()), convolution_param=settings)


def _padding(site: Site) -> Pair:
    """What is around the map, as much on both sides.

    Raises:
        EmitError: it differs by side.
    """
    if site.layer.sides is not None:
        raise site.refused(
            f"a padding of {format_shape(site.layer.sides)} above, below, left and right",
            why="Caffe's layers pad both sides by the same number",
        )
    rows, columns = site.layer.window.padding
    return int(rows), int(columns)


def _along(name: str, sizes: Pair, usual: int | None = None) -> dict[str, Value]:
    """One setting for both axes, or one for each; none where they are usual."""
    if sizes == (usual, usual):
        return {}
    if sizes[0] == sizes[1]:
        return {name: sizes[0]}
    short = name.removesuffix("_size")
    return {f"{short}_h": sizes[0], f"{short}_w": sizes[1]}


def max_pool(site: Site) -> None:
    """`Pooling` of the largest elements."""
    layer: MaxPool2d = site.layer
    _pool(site, "MAX", layer)


def avg_pool(site: Site) -> None:
    """`Pooling` of the mean of what lies within the padded map."""
    layer: AvgPool2d = site.layer
    divisor, usual = layer.divisor_override, replace(layer, divisor_override=None)
    if divisor is None and not layer.count_include_pad and any(layer.padding):
        raise site.refused("a mean without the padding", why="Caffe's is over the padding too")
    own = usual.is_uneven(site.node.input_shapes[0][1:], site.node.shape[1:])  # type: ignore[arg-type]
    if divisor is not None and (own or divisor != prod(layer.kernel)):
        why = "Caffe divides by the elements of each window"
        raise site.refused(f"sums divided by {divisor}", why=why)
    _pool(site, "AVE", layer)


def global_pool(pool: str) -> Row:
    """The row of a pool of the whole map."""
    return lambda site: site.add("Pooling", pooling_param=fields(pool=pool, global_pooling=True))


def adaptive_pool(pool: str) -> Row:
    """The row of a pool to so many rows and columns, which must divide the map's."""

    def row(site: Site) -> None:
        size = site.layer.size
        if size == (1, 1):
            global_pool(pool)(site)
            return
        map_size = site.node.input_shapes[0][1:]
        if any(int(of) % parts for of, parts in zip(map_size, size, strict=True)):
            raise site.refused(
                f"{format_shape(size)} windows over a map of {format_shape(map_size)}",
                why="they are of several sizes, and those of a Pooling all of one",
            )
        kernel = int(map_size[0]) // size[0], int(map_size[1]) // size[1]
        _pool(site, pool, MaxPool2d(kernel, kernel))

    return row


def _pool(site: Site, pool: str, layer: AvgPool2d | MaxPool2d) -> None:
    padding = _padding(site) if layer.sides else layer.padding[:2]
    settings = fields(
        pool=pool,
        **_along("kernel_size", layer.kernel),
        **_along("stride", layer.stride, 1),
        **_along("pad", padding, 0),
        **_rounding(site, layer, padding),
    )
    site.add("Pooling", pooling_param=settings)


def _rounding(site: Site, layer: AvgPool2d | MaxPool2d, padding: Pair) -> Mapping[str, str | bool]:
    """What a pool that rounds down needs; nothing where Caffe's rounding up gives the same.

    Raises:
        EmitError: neither gives the same windows.
    """
    wanted = site.node.shape[1:]
    for ceil, settings in ((True, {}), (False, site.dialect.floor)):
        with suppress(ShapeError):
            if _rounded(site, layer, padding, ceil) == wanted:
                return settings
    raise site.refused(
        f"a pool to {format_shape(site.node.shape)}",
        why="of windows that begin beyond the map, Caffe and PyTorch leave out others",
    )


def _rounded(
    site: Site, layer: AvgPool2d | MaxPool2d, padding: Pair, ceil: bool
) -> tuple[int, int]:
    """The rows and columns, each by itself: OpenCV leaves out a window for its own padding alone.

    Caffe does it for the other one's too, where then both leave out none.

    Raises:
        ShapeError: a window does not fit.
    """
    rows, columns = (
        pooled_shape((1, size, 1), (kernel, 1), (stride, 1), (before, 0), ceil)[1]
        for size, kernel, stride, before in zip(
            site.node.input_shapes[0][1:], layer.kernel, layer.stride, padding, strict=True
        )
    )
    return rows, columns
