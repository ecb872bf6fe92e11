"""Views, slices, padding and other sizes."""

from __future__ import annotations

from ...ir.layer import Layer
from ...ir.layers import (
    ChannelShuffle,
    Crop2d,
    Pad2d,
    PadChannels,
    PixelShuffle,
    PixelUnshuffle,
    Resize,
    SliceChannels,
)
from .padding import padded
from .patterns import shuffled
from .rows_convolutions import pair
from .site import Known, Results, Site
from .values import Axes, Draft, Value, is_regular, permuted, regrouped

_JOINS = ("add", "sub", "mul", "div", "maximum", "minimum")


def same(site: Site) -> Results:
    """What changes no number: a copy, a type that it already has."""
    return _kept(site, "0" if site["self"] is None else "self")  # methods such as `float`


def copied(site: Site) -> Results:
    """What is written over another map of its size and type."""
    return _kept(site, "src")


def _kept(site: Site, argument: str) -> Results:
    """An argument where the result has its size and type."""
    value = site.value(argument)
    sizes, type_ = site.operation.sizes[0], site.operation.types[0]
    return value if (value.draft.type, value.sizes) == (type_, sizes) else None


def view(site: Site) -> Results:
    value = site.value("self")
    if not (value.is_regular and is_regular(site.operation.sizes[0])):
        return same(site) if value.sizes == site.operation.sizes[0] else None
    axes = regrouped(value, site.shape if len(site.operation.sizes[0]) > 1 else ())
    return _seen(site, value, axes) if axes is not None else shuffled(site, value)


def permute(site: Site) -> Results:
    value = site.value("self")
    return _seen(site, value, permuted(value, site["dims"]))


_SWAPPED = ("dim0", "dim1", "axis0", "axis1")
"""What `transpose` and `swapaxes` call the axes."""


def transpose(site: Site) -> Results:
    value = site.value("self")
    order = list(range(len(value.sizes)))
    first, second = (site[name] for name in _SWAPPED if site[name] is not None)
    order[first], order[second] = order[second], order[first]
    return _seen(site, value, permuted(value, order))


def expand(site: Site) -> Results:
    """Nothing where only joins read it, which repeat what they need."""
    value = site.value("self")
    sizes = site.operation.sizes[0]
    if value.sizes == sizes:
        return value
    readers = site.readers(site.operation.results[0])
    if len(value.sizes) == len(sizes) and all(r.word in _JOINS and not r.in_place for r in readers):
        return value
    return None


def _seen(site: Site, value: Value, axes: Axes | None) -> Results:
    return (
        None if axes is None else Value(value.draft, axes, site.operation.sizes[0], site.operation)
    )


def slice_(site: Site) -> Results:
    value = site.value("self")
    dim = site["dim"] or 0
    size = value.sizes[dim]
    if not isinstance(size, int):
        return same(site)
    start, stop, step = slice(site["start"], site["end"], site["step"]).indices(size)
    if (start, stop, step) == (0, size, 1):
        return value
    axis = value.axis_of(dim)
    if axis == 0 and step > 0:
        return _channels(site, value, start, stop, step)
    if axis in (1, 2) and step > 0 and len(value.draft.shape) == 3:
        return site.result(_cropped(site, value, axis, range(start, stop, step)), value.axes)
    return None


def _cropped(site: Site, value: Value, axis: int, kept: range) -> Draft:
    """Some rows (axis 1) or columns (2) of a map.

    What was cropped for this alone is one layer with it, as rows and columns mostly are.
    """
    source, layer = value.draft, value.draft.layer
    edges, strides = [0, 0, 0, 0], [1, 1]
    by = value.by
    if isinstance(layer, Crop2d) and by and by is source.operation and site.only_reader(by):
        edges, strides, source = [*layer.edges], [*layer.stride], source.inputs[0]
    stride, before, after = strides[axis - 1], 2 * axis - 2, 2 * axis - 1
    if kept.stop < value.draft.shape[axis]:
        edges[after] = source.shape[axis] - edges[before] - (kept.stop - 1) * stride - 1
    edges[before] += kept.start * stride
    strides[axis - 1] *= kept.step
    return site.draft(Crop2d(tuple(edges), tuple(strides)), source)  # type: ignore[arg-type]


def _channels(site: Site, value: Value, start: int, stop: int, step: int, index: int = 0) -> Value:
    draft = site.draft(SliceChannels(start, stop, step), value.draft)
    return site.result(draft, value.axes, index)


def select(site: Site) -> Results:
    """One channel."""
    value = site.value("self")
    dim, index = site["dim"], site["index"]
    if value.axis_of(dim) != 0 or len(value.axes) == 1:
        return None
    index %= value.draft.shape[0]
    draft = site.draft(SliceChannels(index, index + 1), value.draft)
    gone = dim % len(value.sizes) - 1
    axes = tuple(group for at, group in enumerate(value.axes) if at != gone)
    return site.result(draft, axes)


def split(site: Site) -> Results:
    """Slices of channels one after the other."""
    value = site.value("self")
    dim = site["dim"] or 0
    if value.axis_of(dim) != 0:
        return None
    results: list[Known] = []
    start = 0
    for index, sizes in enumerate(site.operation.sizes):
        size = int(sizes[dim])  # type: ignore[arg-type]
        whole = size == value.draft.shape[0]
        results.append(value if whole else _channels(site, value, start, start + size, 1, index))
        start += size
    return results


def pad(site: Site) -> Results:
    value = site.value("self")
    amounts = padded(site.operation, value)
    if amounts is None:
        return None
    amounts = {axis: sides for axis, sides in amounts.items() if sides != (0, 0)}
    mode = {"pad": site["mode"] or "constant"}.get(site.operation.word, "constant")
    mode = {"reflection_pad2d": "reflect", "replication_pad2d": "replicate"}.get(
        site.operation.word, mode
    )
    if mode not in ("constant", "reflect", "replicate"):
        return None
    filling = float(site["value"] or 0) if mode == "constant" else 0.0
    if not amounts:
        return value
    layer = _padding(amounts, mode, filling)
    return site.result(site.draft(layer, value.draft), value.axes) if layer else None


def _padding(amounts: dict[int, tuple[int, int]], mode: str, filling: float) -> Layer | None:
    sides = (*amounts.get(1, (0, 0)), *amounts.get(2, (0, 0)))
    if set(amounts) == {0}:
        before, after = amounts[0]
        fits = mode == "constant" and not filling and min(before, after) >= 0
        return PadChannels(before, after) if fits else None
    if 0 in amounts:
        return None
    if min(sides) >= 0:
        return Pad2d(sides, mode, filling)
    return Crop2d(tuple(-side for side in sides)) if max(sides) <= 0 else None  # type: ignore[arg-type]


def resize(site: Site) -> Results:
    name = "input" if site["input"] is not None else "self"
    value = site.map(name)
    mode = site.operation.word.removeprefix("upsample_").removesuffix("2d")
    factors = site["scale_factors"]
    if site["scales_h"] is not None:
        factors = [site["scales_h"], site["scales_w"]]
    corners = bool(site["align_corners"])
    size = site.shape[1:]
    if size == value.draft.shape[1:] and (corners or not factors):
        return value
    layer = Resize(
        (float(factors[0]), float(factors[-1])) if factors else None,
        None if factors else pair(list(size)),
        mode,
        corners,
    )
    return site.result(site.draft(layer, value.draft))


def pixel_shuffle(site: Site) -> Results:
    value = site.map("self")
    return site.result(site.draft(PixelShuffle(site["upscale_factor"]), value.draft))


def pixel_unshuffle(site: Site) -> Results:
    value = site.map("self")
    return site.result(site.draft(PixelUnshuffle(site["downscale_factor"]), value.draft))


def channel_shuffle(site: Site) -> Results:
    value = site.map("self")
    return site.result(site.draft(ChannelShuffle(site["groups"]), value.draft))
