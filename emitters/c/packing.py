"""Weights as one run of numbers, in the order in which the steps of a plan read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from ...ir.layers import AvgPool2d
from ...lowering.blocking import LANES_BLOCK, blocks, lane_width
from ...lowering.fold import NORMS
from ...lowering.folding import factor_and_shift, refusal
from ...lowering.matrix import panels
from ...lowering.plan import Plan
from ...lowering.pointwise import is_pointwise
from ...lowering.program import Step
from ...lowering.vectors import WIDEST, rounded
from ...lowering.window_loop import WindowLoop, window_loop
from ...lowering.winograd import TRANSFORMS

Array = NDArray[np.float64]
_BEHIND = 16
"""Zeros behind the numbers, which the last vector may reach into."""


def packed(plan: Plan, tensors: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
    """All numbers of `plan` by the state-dict keys of its network, folded in float64.

    Raises:
        EmitError: a number is not finite in single precision.
    """
    with np.errstate(all="ignore"):  # what they warn of is refused
        parts = [_numbers(plan, step, tensors) for step in plan.program.steps]
    return _aligned(plan, parts)


def _aligned(plan: Plan, parts: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The numbers of each step at their places, which are whole vectors in memory too."""
    room = np.zeros(plan.count + _BEHIND + WIDEST, np.float32)
    start = -room.ctypes.data // room.itemsize % WIDEST
    result = room[start : start + plan.count + _BEHIND]
    for step, numbers in zip(plan.program.steps, parts, strict=True):
        at = plan.weights[step.name]
        result[at : at + len(numbers)] = numbers
    return result


def _numbers(
    plan: Plan, step: Step, tensors: Mapping[str, NDArray[np.floating]]
) -> NDArray[np.float32]:
    loop, kernel = window_loop(step), plan.choices[step.name].kernel
    if kernel == "weight":
        numbers = np.asarray(tensors[f"{step.node.owner}.weight"]).astype(np.float32)
    elif loop is None or loop.largest:
        return np.zeros(0, np.float32)
    else:
        numbers = _ORDERS.get(kernel, _for_blocks)(loop, *_folded(step, loop, tensors)).astype(
            np.float32
        )
    if not np.isfinite(numbers).all():
        raise refusal(step.node, step.norms, tensors)
    return numbers


def _folded(
    step: Step, loop: WindowLoop, tensors: Mapping[str, NDArray[np.floating]]
) -> tuple[Array, Array]:
    """Weights `[group][output][input][tap]` and biases `[group][output]`."""
    shape = loop.groups, loop.outputs, loop.inputs, prod(loop.window.kernel)
    layer = step.node.layer
    channels = loop.groups * loop.outputs
    weight, bias = np.ones(shape), np.zeros(channels)
    norms = [step.node, *step.norms] if layer.kind in NORMS else step.norms
    held = {} if layer.kind in NORMS or is_pointwise(layer) else layer.weights()
    if "weight" in held:
        weight = np.asarray(tensors[f"{step.node.owner}.weight"], np.float64)
        weight = _turned(weight, loop) if layer.kind == "conv_transpose2d" else weight
    elif isinstance(layer, AvgPool2d):
        weight = weight / (layer.divisor_override or prod(loop.window.kernel))
    elif layer.kind == "channel_mean":
        weight = weight / loop.inputs
    if "bias" in held:
        bias = np.asarray(tensors[f"{step.node.owner}.bias"], np.float64)
    weight = weight.reshape(shape)
    for norm in norms:
        factor, shift = factor_and_shift(norm, channels, tensors)
        weight, bias = weight * factor.reshape(*shape[:2], 1, 1), bias * factor + shift
    return weight, bias.reshape(shape[:2])


def _turned(weight: Array, loop: WindowLoop) -> Array:
    """A transposed convolution's weights as a plain one has them."""
    inputs = (loop.groups, loop.inputs, loop.outputs, prod(loop.window.kernel))
    return weight.reshape(inputs).transpose(0, 2, 1, 3)[..., ::-1]


def _for_blocks(loop: WindowLoop, weight: Array, bias: Array) -> Array:
    """`[group][block][input][tap][output of the block]`, then the biases."""
    ends = np.cumsum(blocks(loop.outputs))[:-1]
    parts = [
        block.transpose(1, 2, 0).ravel() for group in weight for block in np.split(group, ends)
    ]
    return np.concatenate([*parts, bias.ravel()])


def _for_winograd(loop: WindowLoop, weight: Array, bias: Array) -> Array:
    """`[group][block][component][input][column][output of the block]`, then the biases."""
    return _for_blocks(loop, _transformed(loop, weight), bias)


def _for_winograd_matrix(loop: WindowLoop, weight: Array, bias: Array) -> Array:
    """`[group][panel][component][input][column][output of the panel]`, then the biases."""
    return _for_matrix(loop, _transformed(loop, weight), bias)


def _transformed(loop: WindowLoop, weight: Array) -> Array:
    """The factors of the components `[group][output][component, input][column]`."""
    rows, columns = loop.window.kernel
    shaped = weight.reshape(*weight.shape[:3], rows, columns)
    turned: Array = np.einsum("kr,goirc->gokic", np.array(TRANSFORMS[rows]), shaped)
    return turned.reshape(*weight.shape[:2], -1, columns)


def _for_lanes(loop: WindowLoop, weight: Array, bias: Array) -> Array:
    """`[group][block][input][tap inside][output of the block]`, outputs up to whole vectors, then
    the biases."""
    room = (0, lane_width(loop.outputs) - loop.outputs)
    rows, columns = loop.rows, loop.columns
    shaped = weight.reshape(*weight.shape[:3], rows.kernel, columns.kernel)
    cut = shaped[..., _slice(rows.inside), _slice(columns.inside)]
    flat = np.pad(cut.reshape(*weight.shape[:2], -1), ((0, 0), room, (0, 0)))
    ends = range(LANES_BLOCK, flat.shape[1], LANES_BLOCK)
    parts = [block.T.ravel() for group in flat for block in np.split(group, ends)]
    return np.concatenate([*parts, np.pad(bias, ((0, 0), room)).ravel()])


def _for_matrix(loop: WindowLoop, weight: Array, bias: Array) -> Array:
    """`[group][panel][input][tap][output of the panel]`, up to whole vectors, then the biases."""
    room = (0, rounded(loop.outputs) - loop.outputs)
    ends = np.cumsum(panels(loop))[:-1] * WIDEST
    flat = np.pad(weight.reshape(*weight.shape[:2], -1), ((0, 0), room, (0, 0)))
    parts = [panel.T.ravel() for group in flat for panel in np.split(group, ends)]
    return np.concatenate([*parts, bias.ravel()])


_ORDERS = {
    "lanes": _for_lanes,
    "matrix": _for_matrix,
    "winograd": _for_winograd,
    "winograd_matrix": _for_winograd_matrix,
}


def _slice(indices: range) -> slice:
    return slice(indices.start, indices.stop)
