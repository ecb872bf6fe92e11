"""Norms, scales and products with a matrix."""

from __future__ import annotations

from ....ir.layers import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    Scale,
)
from ..constant import Constant, derived
from ..network import Op
from .part import Mapper, Part, constants, single

_AFFINE = ("weight", "bias")


def batch_norm(op: Op) -> list[Part] | None:
    held = constants(op, 1, 2, 3, 4)
    if held is None or is_training(op) or not op.integer("spatial", 1):
        return None
    channels = op.shape()[1]
    eps, momentum = op.real("epsilon", 1e-5), round(1 - op.real("momentum", 0.9), 7)
    kind = {2: BatchNorm1d, 4: BatchNorm2d}.get(op.value(0).rank)
    if kind is None or any(constant.shape != (channels,) for constant in held):
        return None
    names = (*_AFFINE, "running_mean", "running_var")
    return single(op, kind(channels, eps, momentum), **dict(zip(names, held, strict=True)))


def is_training(op: Op) -> bool:
    """Whether a batch norm gives statistics too, or uses those of its batch."""
    return bool(op.integer("training_mode")) or any(value.users for value in op.outputs[1:])


def instance_norm(op: Op) -> list[Part] | None:
    held, channels = constants(op, 1, 2), op.shape()[1]
    if held is None or any(constant.shape != (channels,) for constant in held):
        return None
    layer = GroupNorm(channels, channels, op.real("epsilon", 1e-5))
    return single(op, layer, **dict(zip(_AFFINE, held, strict=True)))


def group_norm(op: Op) -> list[Part] | None:
    channels, groups = op.shape()[1], op.integer("num_groups", 1)
    eps = op.real("epsilon", 1e-5)
    if len(op.inputs) == 1:
        return single(op, GroupNorm(groups, channels, eps, affine=False))
    held = constants(op, 1, 2)
    if held is None:
        return None
    if op.version < 21:
        held = [_repeated(constant, channels // max(1, groups)) for constant in held]
    return single(op, GroupNorm(groups, channels, eps), **dict(zip(_AFFINE, held, strict=True)))


def _repeated(constant: Constant, times: int) -> Constant:
    """Each element several times, since the groups of older versions have one scale each."""
    shape = (constant.count * times,)
    return derived(("repeat", times), shape, constant.type, lambda a: a.repeat(times), (constant,))


def layer_norm(op: Op) -> list[Part] | None:
    """A norm over the second axis alone: the only one of a vector, or the channels of a map."""
    rank, axis = op.value(0).rank, op.integer("axis", -1)
    if axis % rank != 1 or (rank != 2 and not op.integer("along")):
        return None
    if any(value.users for value in op.outputs[1:]):
        return None
    channels, eps = op.shape()[1], op.real("epsilon", 1e-5)
    indices = [index for index in (1, 2) if op.has(index)]
    held = constants(op, *indices)
    if held is None or any(constant.shape != (channels,) for constant in held):
        return None
    layer = LayerNorm(channels, eps, bool(held), len(held) != 1)
    return single(op, layer, **dict(zip(_AFFINE, held, strict=False)))


def local_response_norm(op: Op) -> list[Part] | None:
    size = op.integer("size", 1)
    if op.integer("before", (size - 1) // 2) != size // 2:  # where PyTorch has one more
        return None
    alpha, beta = op.real("alpha", 1e-4), op.real("beta", 0.75)
    return single(op, LocalResponseNorm(size, alpha, beta, op.real("bias", 1.0)))


def scale(op: Op) -> list[Part] | None:
    """What the patterns make of a multiplication and an addition for each channel."""
    held = constants(op, 1, 2)
    layer = Scale(op.shape()[1])
    return None if held is None else single(op, layer, **dict(zip(_AFFINE, held, strict=True)))


def linear(op: Op) -> list[Part] | None:
    held = constants(op, 1)
    if held is None or op.value(0).rank != 2 or len(held[0].shape) != 2 or op.integer("transA"):
        return None
    weight = held[0] if op.integer("transB") else held[0].transposed()
    weights = {"weight": weight.times(op.real("alpha", 1.0))}
    out_features, in_features = weight.shape
    if op.has(2):
        bias = constants(op, 2)
        vector = _vector(bias[0], out_features) if bias else None
        if vector is None:
            return None
        weights["bias"] = vector.times(op.real("beta", 1.0))
    return single(op, Linear(in_features, out_features, "bias" in weights), **weights)


def _vector(constant: Constant, size: int) -> Constant | None:
    """A bias of one size, or of one number for all."""
    if constant.count == size and constant.shape[-1:] == (size,):
        return constant.reshaped(size)
    if constant.count != 1:
        return None
    return derived(
        ("fill", size), (size,), constant.type, lambda a: a.reshape(1).repeat(size), (constant,)
    )


def product(op: Op) -> list[Part] | None:
    return None if op.has(2) else linear(op)


def of_map(layer: Mapper) -> Mapper:
    """The mapper for maps alone."""
    return lambda op: layer(op) if op.value(0).rank == 4 else None


MAPPERS: dict[str, Mapper] = {
    "BatchNormalization": batch_norm,
    "Gemm": linear,
    "GroupNormalization": of_map(group_norm),
    "InstanceNormalization": of_map(instance_norm),
    "LRN": of_map(local_response_norm),
    "LayerNormalization": layer_norm,
    "MatMul": product,
    "Scale": scale,
}
