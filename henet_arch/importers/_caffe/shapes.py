"""Layers that move elements or change the shape: vectors, crops, other sizes."""

from __future__ import annotations

from math import prod

from ...ir.dims import Shape, format_shape
from ...ir.layer import Ops
from ...ir.layers import (
    ChannelShuffle,
    Crop2d,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    Resize,
    SliceChannels,
    Unflatten,
)
from ...support.errors import FileError, ShapeError
from .assembly import At, Value
from .joins import axis_of
from .message import Message
from .network import dims_of

_INNER_PRODUCT = (
    "num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose",
)  # fmt: skip


def inner_product(at: At) -> Value:
    """A matrix times all elements."""
    settings = at.settings("inner_product_param", _INNER_PRODUCT)
    at.one_bottom()
    outputs, bias = settings.whole("num_output", 0), settings.flag("bias_term", True)
    if outputs < 1:
        raise FileError(f"num_output = {outputs} is below 1", fix="num_output: 10")
    axis = axis_of(settings.whole("axis", 1), at.x.shape)
    kept, summed = at.x.shape[: axis - 1], prod(at.x.shape[axis - 1 :])
    transposed = settings.flag("transpose", False)
    blob = (summed, outputs) if transposed else (outputs, summed)
    if axis != 1:
        rows = prod(kept)
        cost = Ops(mac=rows * summed * outputs, add=rows * outputs if bias else 0)
        tensors: list[tuple[str, Shape]] = [("weight", blob), ("bias", (outputs,))]
        return at.opaque((*kept, outputs), cost, tensors=tensors if bias else tensors[:1])
    x = at.x if len(at.x.shape) == 1 else at.add(Flatten(), suffix="flatten")
    slots = [at.slot(0, "weight", blob)._replace(transposed=transposed)]
    if bias:
        slots.append(at.slot(1, "bias", (outputs,)))
    return at.add(Linear(summed, outputs, bias), x, slots=slots)


def flatten(at: At) -> Value:
    """Several axes as one."""
    settings = at.settings("flatten_param", ("axis", "end_axis"))
    rank = len(at.x.shape)
    first = axis_of(settings.whole("axis", 1), at.x.shape)
    last = axis_of(settings.whole("end_axis", -1), at.x.shape)
    if first > last:
        raise ShapeError(f"axis {first} comes after end_axis {last}")
    if (first, last) == (1, rank):
        return at.add(Flatten())
    shape = at.x.shape
    return at.opaque((*shape[: first - 1], prod(shape[first - 1 : last]), *shape[last:]), Ops())


def reshape(at: At) -> Value:
    """The same elements in another shape; 0 keeps a size, and -1 is what is left."""
    settings = at.settings("reshape_param", ("shape", "axis", "num_axes"))
    at.one_bottom()
    return _reshaped(at, reshaped(settings, (1, *at.x.shape)))


def reshaped(settings: Message, whole: Shape) -> Shape:
    """The shape that a Reshape makes of another, the batch first.

    Raises:
        ShapeError: it makes none.
        FileError: a setting is no number.
    """
    dims = dims_of(settings.message("shape"))
    start = settings.whole("axis", 0)
    start = start + len(whole) + 1 if start < 0 else start
    count = settings.whole("num_axes", -1)
    end = len(whole) if count < 0 else start + count
    if not 0 <= start <= end <= len(whole):
        raise ShapeError(f"axis {start} with {count} axes is beyond those of the blob")
    if any(dim == 0 and start + i >= len(whole) for i, dim in enumerate(dims)):
        raise ShapeError("a size of 0 has no size to keep")
    sizes = [int(whole[start + i]) if dim == 0 else dim for i, dim in enumerate(dims)]
    return _inferred([*map(int, whole[:start]), *sizes, *map(int, whole[end:])], prod(whole))


def _inferred(sizes: list[int], count: int) -> Shape:
    """The sizes with a number for the one that is -1."""
    if sizes.count(-1) > 1 or any(size < -1 or size == 0 for size in sizes):
        raise ShapeError(f"the sizes {', '.join(map(str, sizes))} are no shape")
    given = prod(size for size in sizes if size != -1)
    whole = tuple(count // given if size == -1 else size for size in sizes)
    if prod(whole) != count:
        raise ShapeError(f"{count} elements have no shape of {', '.join(map(str, sizes))}")
    return whole


def _reshaped(at: At, whole: Shape) -> Value:
    shape = whole[1:]
    if whole[0] != 1 or not shape:
        raise ShapeError(
            f"a shape of {format_shape(whole)} mixes images of a batch",
            why="the first size is the batch's",
        )
    if shape == at.x.shape:
        return at.x
    if len(shape) == 1:
        return at.add(Flatten())
    if shape == (*at.x.shape, 1, 1) and len(at.x.shape) == 1:
        return at.add(Unflatten())
    return at.opaque(shape, Ops())


def permute(at: At) -> Value:
    """Axes in another order."""
    order = order_of(at.settings("permute_param", ("order",)), len(at.x.shape) + 1)
    if order == sorted(order):
        return at.x
    return at.opaque(tuple(at.x.shape[axis - 1] for axis in order[1:]), Ops())


def order_of(settings: Message, rank: int) -> list[int]:
    """The axes of a blob of so many in the order that a Permute gives them, the batch's first.

    Raises:
        ShapeError: they are no order.
        FileError: one is no number.
    """
    order = settings.wholes("order")
    order += [axis for axis in range(rank) if axis not in order]
    if sorted(order) != list(range(rank)) or order[0] != 0:
        raise ShapeError(f"the axes {', '.join(map(str, order))} are no order of one image's")
    return order


def shuffle_channel(at: At) -> Value:
    """Channels in turn from each group; in forks of Caffe."""
    return at.add(
        ChannelShuffle(at.settings("shuffle_channel_param", ("group",)).whole("group", 1))
    )


def crop(at: At) -> Value:
    """As large as the second blob, from the axis on."""
    settings = at.settings("crop_param", ("axis", "offset"))
    if len(at.inputs) != 2:
        raise FileError(f"it reads {len(at.inputs)} blobs and takes 2")
    x, like = at.inputs
    if len(x.shape) != len(like.shape):
        raise ShapeError(f"cannot crop {format_shape(x.shape)} to {format_shape(like.shape)}")
    axis = axis_of(settings.whole("axis", 2), x.shape)
    count, offsets = len(x.shape) + 1 - axis, settings.wholes("offset") or [0]
    if len(offsets) not in (1, count):
        raise FileError(f"{len(offsets)} offset for {count} axes")
    starts = [0] * (axis - 1) + (offsets if len(offsets) == count else offsets * count)
    sizes = [*map(int, x.shape[: axis - 1]), *map(int, like.shape[axis - 1 :])]
    for start, size, whole in zip(starts, sizes, x.shape, strict=True):
        if start < 0 or start + size > whole:
            raise ShapeError(f"{size} from {start} on is beyond a size of {whole}")
    return _cropped(at, starts, sizes)


def _cropped(at: At, starts: list[int], sizes: list[int]) -> Value:
    x = at.x
    if len(sizes) != 3:
        return at.opaque(tuple(sizes), Ops(), x)
    (first, above, left), (channels, height, width) = starts, sizes
    if channels != x.shape[0]:
        x = at.add(SliceChannels(first, first + channels), x, suffix="channels")
    below, right = int(x.shape[1]) - above - height, int(x.shape[2]) - left - width
    return at.add(Crop2d((above, below, left, right)), x)


def interp(at: At) -> Value:
    """A map at another size, between whose pixels values are weighted; in forks of Caffe."""
    names = ("height", "width", "zoom_factor", "shrink_factor", "pad_beg", "pad_end")
    settings = at.settings("interp_param", names)
    before, after = settings.whole("pad_beg", 0), settings.whole("pad_end", 0)
    if max(before, after) > 0:
        raise FileError(f"pad_beg = {before} and pad_end = {after} are above 0")
    if len(at.x.shape) != 3:
        raise ShapeError("a map is resized, and nothing else")
    x = at.inputs[0]
    if before or after:
        x = at.add(Crop2d((-before, -after, -before, -after)), x, suffix="crop")
    rows, columns = map(int, x.shape[1:])
    shrink, zoom = settings.whole("shrink_factor", 1), settings.whole("zoom_factor", 1)
    if min(shrink, zoom) < 1:
        raise FileError("a factor is below 1")
    size = tuple((n - 1) // shrink + 1 for n in (rows, columns))
    size = tuple(n + (n - 1) * (zoom - 1) for n in size)
    if settings.has("height") or settings.has("width"):
        size = settings.whole("height", 0), settings.whole("width", 0)
    if len(at.inputs) > 1:
        size = tuple(map(int, at.inputs[1].shape[1:]))
    if len(size) != 2 or min(size) < 1:
        raise ShapeError(f"a map of {size} is none")
    return at.add(Resize(None, (size[0], size[1]), "bilinear", align_corners=True), x)


def upsample(at: At) -> Value:
    """Each pixel several times, or, with a second blob, where a pool has found it; in forks."""
    settings = at.settings(
        "upsample_param", ("scale", "scale_h", "scale_w", "upsample_h", "upsample_w")
    )
    scale = settings.whole("scale", 2)
    if scale < 1 or len(at.x.shape) != 3:
        raise ShapeError("a map is enlarged, by a scale of 1 or more")
    if len(at.inputs) == 1 and len(settings.fields) <= 1:
        return at.add(Resize((float(scale), float(scale)), None, "nearest"))
    rows = settings.whole("upsample_h", int(at.x.shape[1]) * settings.whole("scale_h", scale))
    columns = settings.whole("upsample_w", int(at.x.shape[2]) * settings.whole("scale_w", scale))
    return at.opaque((at.channels, rows, columns), Ops())


def reduction(at: At) -> Value:
    """One number of all elements from an axis on."""
    operations = {"SUM": 1, "ASUM": 2, "SUMSQ": 3, "MEAN": 4}
    settings = at.settings("reduction_param", ("operation", "axis", "coeff"))
    axis = axis_of(settings.whole("axis", 0), at.x.shape)
    operation, factor = settings.enum("operation", operations, "SUM"), settings.real("coeff", 1.0)
    if operation == "MEAN" and axis == 2 and len(at.x.shape) == 3 and factor == 1:
        return at.add(Flatten(), at.add(GlobalAvgPool2d(), suffix="mean"))
    shape = at.x.shape[: axis - 1] or (1,)
    elements, results = prod(at.x.shape), prod(shape)
    cost = Ops(
        add=elements - results,
        mul=(elements if operation == "SUMSQ" else 0) + (results if factor != 1 else 0),
        compare=elements if operation == "ASUM" else 0,
        div=results if operation == "MEAN" else 0,
    )
    return at.opaque(shape, cost)


def tile(at: At) -> Value:
    """A blob several times along an axis."""
    settings = at.settings("tile_param", ("axis", "tiles"))
    axis, tiles = axis_of(settings.whole("axis", 1), at.x.shape), settings.whole("tiles", 0)
    if tiles < 1:
        raise FileError(f"tiles = {tiles} is below 1")
    shape = at.x.shape
    return at.opaque((*shape[: axis - 1], int(shape[axis - 1]) * tiles, *shape[axis:]), Ops())


def reorg(at: At) -> Value:
    """Blocks of pixels as channels, in Darknet's order; in forks of Caffe."""
    stride = at.settings("reorg_param", ("stride", "reverse")).whole("stride", 2)
    if len(at.x.shape) != 3 or stride < 1 or any(int(n) % stride for n in at.x.shape[1:]):
        raise ShapeError(f"blocks of {stride} do not divide the map")
    channels, rows, columns = map(int, at.x.shape)
    return at.opaque((channels * stride**2, rows // stride, columns // stride), Ops())
