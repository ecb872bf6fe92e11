"""What moves, cuts, pads or reshapes maps and vectors."""

from __future__ import annotations

from ....ir.layer import Layer
from ....ir.layers import (
    ChannelShuffle,
    Concat,
    Crop2d,
    Flatten,
    Pad2d,
    PadChannels,
    PixelShuffle,
    PixelUnshuffle,
    SliceChannels,
    Unflatten,
)
from ..network import Op, axis_of
from ..shapes.moves import pad_sides, parts, slices
from .part import Mapper, Part, chain, single

_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect"}


def reshape(op: Op) -> list[Part] | None:
    """To a vector, or from a vector to a map of one place."""
    before, after = op.value(0).image_shape, op.output.image_shape
    if len(after) == 1:
        return single(op, Flatten())
    return single(op, Unflatten()) if after == (*before, 1, 1) and len(before) == 1 else None


def split(op: Op) -> list[Part] | None:
    shape = op.shape()
    if axis_of(op, op.integer("axis"), len(shape)) != 1:
        return None
    result, start = [], 0
    for value, size in zip(op.outputs, parts(op, shape[1]), strict=False):
        if value.users:
            layer = SliceChannels(start, start + size)
            result.append(Part(layer, (op.value(0),), value))
        start += size
    return result or None


def cut(op: Op) -> list[Part] | None:
    """Some of the channels, or of the rows and columns, or both."""
    shape = op.shape()
    ours = op.place.layer  # where a layer that keeps all is one for a reason
    kept = {axis: keep for axis, keep in slices(op).items() if ours or keep != range(shape[axis])}
    if not kept.keys() <= {1, 2, 3} or any(not keep or keep.step < 1 for keep in kept.values()):
        return None
    layers: list[Layer] = []
    if 1 in kept:
        channels = kept.pop(1)
        layers.append(SliceChannels(channels.start, channels.stop, channels.step))
    if kept:
        if len(shape) != 4:
            return None
        layers.append(_crop(shape[2:], kept.get(2), kept.get(3)))
    return chain(op, *layers) if layers else None


def _crop(sizes: tuple[int, ...], *kept: range | None) -> Layer:
    rows, columns = (
        range(size) if keep is None else keep for size, keep in zip(sizes, kept, strict=True)
    )
    height, width = sizes
    edges = (rows.start, height - rows.stop, columns.start, width - columns.stop)
    return Crop2d(edges, (rows.step, columns.step))


def gather(op: Op) -> list[Part] | None:
    """Channels that follow one another at one distance."""
    if axis_of(op, op.integer("axis"), op.value(0).rank) != 1 or op.value(1).rank != 1:
        return None
    channels = op.shape()[1]
    places = [place % channels for place in op.numbers(1)]
    step = places[1] - places[0] if len(places) > 1 else 1
    if step < 1 or places != list(range(places[0], places[-1] + 1, step)):
        return None
    return single(op, SliceChannels(places[0], places[-1] + 1, step))


def concat(op: Op) -> list[Part] | None:
    values = [value for value in op.inputs if value is not None]
    axis = axis_of(op, op.integer("axis", 1), values[0].rank)
    if axis != 1 or any(value.constant is not None for value in values):
        return None
    return [Part(Concat(), tuple(values), op.output)]


def pad(op: Op) -> list[Part] | None:
    sides = pad_sides(op)
    if len(sides) != 4 or any(sides[0]):
        return None
    mode = _MODES.get(op.text("mode", "constant"))
    value = op.limit("value", 2, 0.0) if mode == "constant" else 0.0
    layers: list[Layer] = []
    (before, after), (above, below), (left, right) = sides[1:]
    if mode is None or ((before or after) and (mode != "constant" or value or min(sides[1]) < 0)):
        return None
    if before or after:
        layers.append(PadChannels(before, after))
    around = (above, below, left, right)
    if min(around) < 0:
        layers.append(Crop2d(tuple(max(0, -side) for side in around)))  # type: ignore[arg-type]
    if max(around) > 0 or (op.place.layer and not layers):
        more = tuple(max(0, side) for side in around)
        layers.append(Pad2d(more, mode, value))  # type: ignore[arg-type]
    return chain(op, *layers) if layers else None


def channel_shuffle(op: Op) -> list[Part]:
    return single(op, ChannelShuffle(op.integer("groups", 1)))


def depth_to_space(op: Op) -> list[Part]:
    """The channels of a block stand together, or (DCR) the blocks of a channel do."""
    block = op.integer("blocksize", 1)
    if op.text("mode", "DCR") == "CRD":
        return single(op, PixelShuffle(block))
    return chain(op, ChannelShuffle(block**2), PixelShuffle(block))


def space_to_depth(op: Op) -> list[Part]:
    block, channels = op.integer("blocksize", 1), op.shape()[1]
    if op.text("mode", "DCR") == "CRD":
        return single(op, PixelUnshuffle(block))
    return chain(op, PixelUnshuffle(block), ChannelShuffle(channels))


MAPPERS: dict[str, Mapper] = {
    "ChannelShuffle": channel_shuffle,
    "Concat": concat,
    "DepthToSpace": depth_to_space,
    "Flatten": reshape,
    "Gather": gather,
    "Pad": pad,
    "Reshape": reshape,
    "Slice": cut,
    "SpaceToDepth": space_to_depth,
    "Split": split,
    "Squeeze": reshape,
    "Unsqueeze": reshape,
}
