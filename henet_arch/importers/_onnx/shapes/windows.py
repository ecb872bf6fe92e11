"""Operators that slide a window: convolutions and pools of any rank."""

from __future__ import annotations

from collections.abc import Sequence

from ..network import Missing, Op, Sizes, misfit


def convolution(op: Op) -> list[Sizes | None]:
    data, weight = op.shape(0), op.shape(_weight(op))
    if len(data) < 3 or len(weight) != len(data):
        raise misfit(op, "a convolution takes (N, C, ...) and weights of the same rank")
    groups = op.integer("group", 1)
    if groups < 1 or data[1] != weight[1] * groups or weight[0] % groups:
        raise misfit(op, f"weights of {weight[0]} x {weight[1]} channels in {groups} groups")
    kernel = op.integers("kernel_shape") or weight[2:]
    return [(data[0], weight[0], *_slid(op, data[2:], _checked(op, kernel, data)))]


def _weight(op: Op) -> int:
    return 3 if op.kind == "QLinearConv" else 1


def transposed_convolution(op: Op) -> list[Sizes | None]:
    data, weight = op.shape(0), op.shape(1)
    if len(data) < 3 or len(weight) != len(data) or data[1] != weight[0]:
        raise misfit(op, "a transposed convolution takes (N, C, ...) and weights (C, M, ...)")
    kernel = _checked(op, op.integers("kernel_shape") or weight[2:], data)
    sizes = op.integers("output_shape")
    if sizes:
        sizes = sizes[-len(kernel) :]
    else:
        sizes = tuple(
            stride * (size - 1) + more + (width - 1) * dilation + 1 - before - after
            for size, width, stride, dilation, more, (before, after) in zip(
                data[2:],
                kernel,
                strides(op, len(kernel)),
                dilations(op, len(kernel)),
                op.integers("output_padding") or (0,) * len(kernel),
                transposed_pads(op, data[2:], kernel),
                strict=True,
            )
        )
    return [(data[0], weight[1] * op.integer("group", 1), *sizes)]


def pool(op: Op) -> list[Sizes | None]:
    data = op.shape()
    kernel = op.integers("kernel_shape")
    if kernel is None or len(data) < 3:
        raise misfit(op, "a pool has a kernel_shape, and takes (N, C, ...)")
    shape = (*data[:2], *_slid(op, data[2:], _checked(op, kernel, data)))
    return [shape, shape]


def global_pool(op: Op) -> list[Sizes | None]:
    data = op.shape()
    if len(data) < 2:
        raise misfit(op, "a global pool takes (N, C, ...)")
    return [(*data[:2], *(1 for _ in data[2:]))]


def _checked(op: Op, kernel: Sizes, data: Sizes) -> Sizes:
    if len(kernel) != len(data) - 2 or min(kernel) < 1:
        raise misfit(op, f"a kernel of {kernel!r:.99}")
    return kernel


def _slid(op: Op, sizes: Sizes, kernel: Sizes) -> Sizes:
    ceil = bool(op.integer("ceil_mode"))
    return tuple(
        _along(op, size, width, stride, dilation, sides, ceil)
        for size, width, stride, dilation, sides in zip(
            sizes,
            kernel,
            strides(op, len(kernel)),
            dilations(op, len(kernel)),
            pads(op, sizes, kernel),
            strict=True,
        )
    )


def _along(
    op: Op, size: int, width: int, stride: int, dilation: int, sides: tuple[int, int], ceil: bool
) -> int:
    """How many windows there are; the last starts before the padding at the end."""
    room = size + sum(sides) - (dilation * (width - 1) + 1)
    count = (-(-room // stride) if ceil else room // stride) + 1
    if count < 1:
        raise misfit(op, f"a window of {width} with dilation {dilation} on {size}")
    if not ceil:
        return count
    return count - 1 if (count - 1) * stride >= size + sides[0] else count


def strides(op: Op, rank: int) -> Sizes:
    return _list(op, "strides", rank)


def dilations(op: Op, rank: int) -> Sizes:
    return _list(op, "dilations", rank)


def _list(op: Op, name: str, rank: int) -> Sizes:
    values = op.integers(name) or (1,) * rank
    if len(values) != rank or min(values) < 1:
        raise op.refused(name)
    return values


def pads(op: Op, sizes: Sizes, kernel: Sizes) -> list[tuple[int, int]]:
    """The padding before and after each axis of the image.

    Raises:
        FileError: the operator has a padding that cannot be.
    """
    mode = op.text("auto_pad", "NOTSET")
    rank = len(kernel)
    if mode in ("NOTSET", ""):
        return _given_pads(op, rank)
    if mode == "VALID":
        return [(0, 0)] * rank
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise op.refused("auto_pad")
    spans = [
        max(0, (-(-size // stride) - 1) * stride + dilation * (width - 1) + 1 - size)
        for size, width, stride, dilation in zip(
            sizes, kernel, strides(op, rank), dilations(op, rank), strict=True
        )
    ]
    return [_halves(span, more_before=mode == "SAME_LOWER") for span in spans]


def transposed_pads(op: Op, sizes: Sizes, kernel: Sizes) -> list[tuple[int, int]]:
    """The padding that a transposed convolution takes away at each side."""
    mode = op.text("auto_pad", "NOTSET")
    rank = len(kernel)
    wanted = op.integers("output_shape")
    if wanted is None and mode in ("NOTSET", "", "VALID"):
        return _given_pads(op, rank) if mode != "VALID" else [(0, 0)] * rank
    more = op.integers("output_padding") or (0,) * rank
    step, spread = strides(op, rank), dilations(op, rank)
    wanted = wanted[-rank:] if wanted else tuple(s * t for s, t in zip(sizes, step, strict=True))
    totals = [
        max(0, stride * (size - 1) + extra + (width - 1) * dilation + 1 - goal)
        for size, width, stride, dilation, extra, goal in zip(
            sizes, kernel, step, spread, more, wanted, strict=True
        )
    ]
    return [_halves(total, more_before=mode != "SAME_UPPER") for total in totals]


def _given_pads(op: Op, rank: int) -> list[tuple[int, int]]:
    values = op.integers("pads") or (0,) * (2 * rank)
    if len(values) != 2 * rank or min(values) < 0:
        raise op.refused("pads")
    return list(zip(values[:rank], values[rank:], strict=True))


def _halves(total: int, *, more_before: bool) -> tuple[int, int]:
    """`total` before and after; `more_before` says which half of an odd one is the larger."""
    less, more = total // 2, total - total // 2
    return (more, less) if more_before else (less, more)


def roi_pool(op: Op) -> list[Sizes | None]:
    data, regions = op.shape(0), op.shape(1)
    size = op.integers("pooled_shape") or (
        op.integer("output_height", 1),
        op.integer("output_width", 1),
    )
    return [(regions[0], data[1], *size)]


def unpool(op: Op) -> list[Sizes | None]:
    if op.has(2):
        return [op.numbers(2)]
    data, kernel = op.shape(), op.integers("kernel_shape")
    if kernel is None:
        raise Missing(f"{op.place} has no kernel_shape")
    rank = len(kernel)
    spatial: Sequence[int] = [
        (size - 1) * stride + width - before - after
        for size, width, stride, (before, after) in zip(
            data[2:], kernel, strides(op, rank), _given_pads(op, rank), strict=True
        )
    ]
    return [(*data[:2], *spatial)]


def sampled(op: Op) -> list[Sizes | None]:
    return [(*op.shape(0)[:2], *op.shape(1)[1:-1])]


RULES = {
    "AveragePool": pool,
    "Conv": convolution,
    "ConvInteger": convolution,
    "ConvTranspose": transposed_convolution,
    "DeformConv": convolution,
    "GlobalAveragePool": global_pool,
    "GlobalLpPool": global_pool,
    "GlobalMaxPool": global_pool,
    "GridSample": sampled,
    "LpPool": pool,
    "MaxPool": pool,
    "MaxRoiPool": roi_pool,
    "MaxUnpool": unpool,
    "QLinearConv": convolution,
    "RoiAlign": roi_pool,
}
