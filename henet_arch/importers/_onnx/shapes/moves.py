"""Operators that move, cut, repeat or make elements."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, prod

from ....support.optional import need
from ..constant import broadcast
from ..network import Op, Sizes, axis_of, misfit

Rule = Callable[[Op], list[Sizes | None]]


def reshape(op: Op) -> list[Sizes | None]:
    data = op.shape()
    wanted = op.setting("shape", 1)
    if wanted is None:
        raise misfit(op, "it has no shape")
    kept = not op.integer("allowzero")
    sizes = [data[i] if n == 0 and kept and i < len(data) else n for i, n in enumerate(wanted)]
    if -1 in sizes:
        rest = prod(n for n in sizes if n != -1)
        sizes[sizes.index(-1)] = prod(data) // rest if rest else 0
    if min(sizes, default=0) < 0 or prod(sizes) != prod(data):
        raise misfit(op, f"its shape is {wanted!r:.99}")
    return [tuple(sizes)]


def flatten(op: Op) -> list[Sizes | None]:
    data = op.shape()
    axis = op.integer("axis", 1)
    axis = axis if axis == len(data) else axis_of(op, axis, len(data))
    return [(prod(data[:axis]), prod(data[axis:]))]


def squeeze(op: Op) -> list[Sizes | None]:
    data, axes = op.shape(), op.setting("axes", 1)
    if axes is None:
        return [tuple(n for n in data if n != 1)]
    gone = {axis_of(op, axis, len(data)) for axis in axes}
    if any(data[axis] != 1 for axis in gone):
        raise misfit(op, f"axes {axes} are not of size 1")
    return [tuple(n for axis, n in enumerate(data) if axis not in gone)]


def unsqueeze(op: Op) -> list[Sizes | None]:
    data, axes = op.shape(), op.setting("axes", 1)
    if not axes or len(axes) > 32:
        raise misfit(op, "it has no axes")
    rank = len(data) + len(axes)
    new = {axis_of(op, axis, rank) for axis in axes}
    old = iter(data)
    return [tuple(1 if axis in new else next(old) for axis in range(rank))]


def transpose(op: Op) -> list[Sizes | None]:
    data = op.shape()
    return [tuple(data[axis] for axis in permutation(op))]


def permutation(op: Op) -> Sizes:
    """The axes of the input in the order of the output's."""
    rank = len(op.shape())
    order = op.integers("perm") or tuple(range(rank))[::-1]
    if sorted(order) != list(range(rank)):
        raise op.refused("perm")
    return order


def concat(op: Op) -> list[Sizes | None]:
    shapes = [op.shape(index) for index in range(len(op.inputs))]
    first = shapes[0]
    axis = axis_of(op, op.integer("axis", 1), len(first))
    rests = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if len(rests) > 1 or len({len(shape) for shape in shapes}) > 1:
        raise misfit(op, f"they differ beside axis {axis}")
    return [(*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])]


def split(op: Op) -> list[Sizes | None]:
    data = op.shape()
    axis = axis_of(op, op.integer("axis"), len(data))
    return [(*data[:axis], size, *data[axis + 1 :]) for size in parts(op, data[axis])]


def parts(op: Op, size: int) -> Sizes:
    """The sizes of the pieces of a Split."""
    given = op.setting("split", 1)
    if given is None:
        count = len(op.outputs)
        each = -(-size // count)
        given = (*(each for _ in range(count - 1)), size - each * (count - 1))
    if sum(given) != size or min(given, default=-1) < 0 or len(given) < len(op.outputs):
        raise misfit(op, f"pieces of {given!r:.99} of {size}")
    return given


def slices(op: Op) -> dict[int, range]:
    """By axis, which elements a Slice keeps."""
    data = op.shape()
    starts, ends = op.setting("starts", 1), op.setting("ends", 2)
    if starts is None or ends is None or len(starts) != len(ends):
        raise misfit(op, "it has no starts or ends")
    axes = op.setting("axes", 3) or tuple(range(len(starts)))
    steps = op.setting("steps", 4) or (1,) * len(starts)
    if not len(axes) == len(steps) == len(starts) or 0 in steps:
        raise misfit(op, "its axes and steps are not as many as its starts")
    kept = {}
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        place = axis_of(op, axis, len(data))
        kept[place] = range(*slice(start, end, step).indices(data[place]))
    return kept


def sliced(op: Op) -> list[Sizes | None]:
    kept = slices(op)
    return [tuple(len(kept[axis]) if axis in kept else n for axis, n in enumerate(op.shape()))]


def gather(op: Op) -> list[Sizes | None]:
    data, indices = op.shape(0), op.shape(1)
    axis = axis_of(op, op.integer("axis"), len(data))
    return [(*data[:axis], *indices, *data[axis + 1 :])]


def gather_nd(op: Op) -> list[Sizes | None]:
    data, indices = op.shape(0), op.shape(1)
    depth = indices[-1] + op.integer("batch_dims")
    if depth > len(data):
        raise misfit(op, f"{indices[-1]} indices")
    return [(*indices[:-1], *data[depth:])]


def like_second(op: Op) -> list[Sizes | None]:
    return [op.shape(1)]


def expand(op: Op) -> list[Sizes | None]:
    data, wanted = op.shape(), op.numbers(1)
    if min(wanted, default=0) < 0:
        raise misfit(op, f"its shape is {wanted!r:.99}")
    try:
        return [broadcast(data, wanted)]
    except ValueError as error:
        raise misfit(op, str(error)) from None


def tile(op: Op) -> list[Sizes | None]:
    data, repeats = list(op.shape()), op.numbers(1)
    if op.has(2):  # of the first version: a count and an axis
        data[axis_of(op, op.numbers(2)[0], len(data))] *= repeats[0]
        return [tuple(data)]
    if len(repeats) != len(data) or min(repeats, default=0) < 0:
        raise misfit(op, f"repeats of {repeats!r:.99}")
    return [tuple(n * times for n, times in zip(data, repeats, strict=True))]


def pad_sides(op: Op) -> list[tuple[int, int]]:
    """What a Pad adds before and after each axis."""
    rank = len(op.shape())
    given = op.integers("paddings") or op.setting("pads", 1)
    axes = op.numbers(3) if op.has(3) else tuple(range(rank))
    if given is None or len(given) != 2 * len(axes):
        raise misfit(op, "its pads are not two for each axis")
    sides = [(0, 0)] * rank
    for axis, before, after in zip(axes, given, given[len(axes) :], strict=False):
        sides[axis_of(op, axis, rank)] = (before, after)
    return sides


def pad(op: Op) -> list[Sizes | None]:
    sizes = tuple(n + a + b for n, (a, b) in zip(op.shape(), pad_sides(op), strict=True))
    if min(sizes, default=0) < 0:
        raise misfit(op, "it takes more away than there is")
    return [sizes]


def resize_factors(op: Op) -> tuple[float, ...] | None:
    """The factors of a Resize or an Upsample by axis of the output; None where it has sizes."""
    if op.kind == "Upsample" or op.version < 11:
        if op.has(1):
            return op.reals(1)
        scales = op.attributes.get("scales")
        if scales is None:  # of the first version
            scales = (1.0, 1.0, op.real("height_scale", 1.0), op.real("width_scale", 1.0))
        return tuple(scales)
    return op.reals(2) if op.has(2) and op.value(2).shape != (0,) else None


def resize(op: Op) -> list[Sizes | None]:
    data = op.shape()
    axes = [axis_of(op, a, len(data)) for a in op.integers("axes") or range(len(data))]
    factors = resize_factors(op)
    given = op.numbers(3) if factors is None else factors
    if len(given) != len(axes) or min(given, default=1) <= 0:
        raise misfit(op, f"{given!r:.99} are not for axes {axes}")
    policy = op.text("keep_aspect_ratio_policy", "stretch")
    if factors is None and policy != "stretch":
        ratios = [size / data[axis] for axis, size in zip(axes, given, strict=True)]
        ratio = min(ratios) if policy == "not_larger" else max(ratios)
        given = tuple(floor(ratio * data[axis] + 0.5) for axis in axes)
    sizes = list(data)
    for axis, each in zip(axes, given, strict=True):
        sizes[axis] = int(each) if factors is None else _times(data[axis], each)
    return [tuple(sizes)]


def _times(size: int, factor: float) -> int:
    """A size times a factor, rounded down, in the single precision that ONNX has for it."""
    single = need("numpy", "onnx").float32
    return floor(float(single(size) * single(factor)))


def depth_to_space(op: Op) -> list[Sizes | None]:
    count, channels, height, width = op.shape()
    block = op.integer("blocksize")
    if block < 1 or channels % block**2:
        raise misfit(op, f"blocks of {block} x {block}")
    return [(count, channels // block**2, height * block, width * block)]


def space_to_depth(op: Op) -> list[Sizes | None]:
    count, channels, height, width = op.shape()
    block = op.integer("blocksize")
    if block < 1 or height % block or width % block:
        raise misfit(op, f"blocks of {block} x {block}")
    return [(count, channels * block**2, height // block, width // block)]


def shape_of(op: Op) -> list[Sizes | None]:
    rank = len(op.shape())
    start, end, _ = slice(op.integer("start"), op.integer("end", rank)).indices(rank)
    return [(max(0, end - start),)]


def single(op: Op) -> list[Sizes | None]:
    return [()]


def of_shape(op: Op) -> list[Sizes | None]:
    sizes = op.numbers(0)
    if min(sizes, default=0) < 0 or len(sizes) > 32:
        raise misfit(op, f"its shape is {sizes!r:.99}")
    return [sizes]


def counted(op: Op) -> list[Sizes | None]:
    """How many numbers a Range has."""
    start, limit, step = (op.reals(index)[0] for index in range(3))
    if step == 0:
        raise misfit(op, "its step is 0")
    return [(max(0, ceil((limit - start) / step)),)]


def one_hot(op: Op) -> list[Sizes | None]:
    data, (depth, *_) = list(op.shape()), op.numbers(1)
    axis = op.integer("axis", -1)
    data.insert(axis_of(op, axis, len(data) + 1), depth)
    return [tuple(data)]


def given_shape(op: Op) -> list[Sizes | None]:
    return [op.integers("shape")]


def column_to_image(op: Op) -> list[Sizes | None]:
    data, image, block = op.shape(), op.numbers(1), op.numbers(2)
    return [(data[0], data[1] // prod(block), *image)]


def affine_grid(op: Op) -> list[Sizes | None]:
    size = op.numbers(1)
    return [(size[0], *size[2:], len(size) - 2)]


def compress(op: Op) -> list[Sizes | None]:
    chosen, data = sum(map(bool, op.numbers(1))), op.shape()
    if "axis" not in op.attributes:
        return [(chosen,)]
    axis = axis_of(op, op.integer("axis"), len(data))
    return [(*data[:axis], chosen, *data[axis + 1 :])]


def center_crop_pad(op: Op) -> list[Sizes | None]:
    data, sizes = list(op.shape()), op.numbers(1)
    for axis, size in zip(op.integers("axes") or range(len(data)), sizes, strict=True):
        data[axis_of(op, axis, len(data))] = size
    return [tuple(data)]


RULES: dict[str, Rule] = {
    "AffineGrid": affine_grid,
    "CenterCropPad": center_crop_pad,
    "Col2Im": column_to_image,
    "Compress": compress,
    "Concat": concat,
    "ConstantOfShape": of_shape,
    "DepthToSpace": depth_to_space,
    "Expand": expand,
    "Flatten": flatten,
    "Gather": gather,
    "GatherElements": like_second,
    "GatherND": gather_nd,
    "OneHot": one_hot,
    "Pad": pad,
    "RandomNormal": given_shape,
    "RandomUniform": given_shape,
    "Range": counted,
    "Reshape": reshape,
    "Resize": resize,
    "Shape": shape_of,
    "Size": single,
    "Slice": sliced,
    "SpaceToDepth": space_to_depth,
    "Split": split,
    "Squeeze": squeeze,
    "Tile": tile,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
    "Upsample": resize,
}
