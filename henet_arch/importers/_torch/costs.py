"""What operators of PyTorch cost for one image, where their operands' shapes say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from math import gcd, prod
from typing import Any

from ...ir.dims import Cost
from ...ir.functions import FUNCTIONS
from ...ir.layer import NO_OPS, Ops
from ...ir.layers import BatchNorm2d, GroupNorm, LayerNorm, Softmax
from ..opaque_costs import cost, opaque_cost
from .constants import Constant
from .trace import Batch, Operation, Ref
from .values import Value, per_image

Known = Value | Constant


class _Operands:
    """The shapes of what an operation reads and gives, for one image."""

    def __init__(self, operation: Operation, known: Mapping[str, Known]) -> None:
        self.operation = operation
        self._known = known

    def __getitem__(self, argument: str) -> Any:
        return self.operation[argument]

    def shape(self, argument: str) -> tuple[int, ...] | None:
        """The sizes of an argument, with one image where it holds the images."""
        item = self.operation[argument]
        return self.sizes_of(item) if isinstance(item, Ref) else None

    def sizes_of(self, ref: Ref) -> tuple[int, ...]:
        """The sizes of a value or constant, with one image where it holds the images."""
        known = self._known[ref.name]
        return _plain(known.sizes if isinstance(known, Value) else known.shape)

    @property
    def output(self) -> tuple[int, ...]:
        """The sizes of the first result, with one image."""
        return _plain(self.operation.sizes[0])

    @property
    def elements(self) -> int:
        return prod(map(int, per_image(self.operation.sizes[0])))


def _plain(sizes: Iterable[Any]) -> tuple[int, ...]:
    return tuple(size.times if isinstance(size, Batch) else int(size) for size in sizes)


def cost_of(operation: Operation, known: Mapping[str, Known]) -> Cost:
    """The elementary operations, or None where they are unknown."""
    if not operation.operator.startswith("aten."):
        return None
    at = _Operands(operation, known)
    if row := PRODUCTS.get(operation.word):
        ops = row(at)
        return None if ops is None else cost(ops, 1)
    word = WORDS.get(operation.word, operation.word)
    if operation.word in OF_TWO and operation["other"] is not None:
        word = OF_TWO[operation.word]
    if operation.word in FUNCTIONS and not FUNCTIONS[operation.word].parameters:
        return cost(FUNCTIONS[operation.word].ops, at.elements)
    shape = at.shape("self") or at.shape("input") or at.output
    return opaque_cost(word, prod(shape), at.elements)


def _linear(at: _Operands) -> Ops | None:
    weight = at.shape("weight")
    if not weight:
        return None
    return Ops(mac=at.elements * weight[-1], add=at.elements if at["bias"] else 0)


def _matmul(first: str) -> Callable[[_Operands], Ops | None]:
    def count(at: _Operands) -> Ops | None:
        shape = at.shape(first)
        more = at.elements if at.operation.word in ("addmm", "baddbmm") else 0
        return Ops(mac=at.elements * shape[-1], add=more) if shape else None

    return count


def _convolution(at: _Operands) -> Ops | None:
    weight = at.shape("weight")
    if not weight:
        return None
    bias = at.elements if at["bias"] else 0
    if "transpose" in at.operation.word or at["transposed"]:
        shape = at.shape("input") or ()
        return Ops(mac=prod(shape) * prod(weight[1:]), add=bias)
    return Ops(mac=at.elements * prod(weight[1:]), add=bias)


def _attention(at: _Operands) -> Ops | None:
    query, key, value = at.shape("query"), at.shape("key"), at.shape("value")
    if not (query and key and value):
        return None
    *rest, queries, channels = query
    scores = prod(rest) * queries * key[-2]
    rows = prod(rest) * queries
    each = Ops(mac=scores * (channels + value[-1]), mul=scores)
    return each + Softmax().ops(((key[-2], rows),), (key[-2], rows))


def _einsum(at: _Operands) -> Ops | None:
    equation, operands = at["equation"], at["tensors"]
    if not isinstance(equation, str) or not isinstance(operands, list) or len(operands) != 2:
        return None
    match = re.fullmatch(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]*)", equation.replace(" ", ""))
    if not match:
        return None
    sizes: dict[str, int] = {}
    for letters, operand in zip(match.groups()[:2], operands, strict=True):
        plain = at.sizes_of(operand)
        if len(plain) != len(letters):
            return None
        sizes |= dict(zip(letters, plain, strict=True))
    both = set(match[1]) & set(match[2])
    return Ops(mac=prod(sizes[x] for x in sizes if x in both or x in match[3]))


def _layer_norm(at: _Operands) -> Ops | None:
    channels = prod(at["normalized_shape"])
    shape = (channels, at.elements // channels, 1)
    layer = LayerNorm(channels, affine=at["weight"] is not None, bias=at["bias"] is not None)
    return layer.ops((shape,), shape)


def _group_norm(at: _Operands) -> Ops | None:
    shape = at.shape("input") or ()
    channels = shape[1]
    map_ = (channels, at.elements // channels, 1)
    groups = at["num_groups"] or channels
    return GroupNorm(groups, channels, affine=at["weight"] is not None).ops((map_,), map_)


def _batch_norm(at: _Operands) -> Ops | None:
    if at["training"]:
        return None
    channels = (at.shape("input") or ())[1]
    map_ = (channels, at.elements // channels, 1)
    return BatchNorm2d(channels, affine=at["weight"] is not None).ops((map_,), map_)


def _softmax(at: _Operands) -> Ops | None:
    size = at.output[at["dim"]]
    shape = (size, at.elements // size)
    ops = Softmax().ops((shape,), shape)
    if at.operation.word != "log_softmax":
        return ops
    return ops._replace(add=ops.add + at.elements, div=0, log=at.elements // size)


def _pool(at: _Operands) -> Ops | None:
    kernel = at["kernel_size"]
    taps = prod(kernel) if isinstance(kernel, list) else None
    if taps is None:
        return None
    if "max" in at.operation.word:
        return Ops(compare=at.elements * (taps - 1))
    return Ops(add=at.elements * (taps - 1), div=at.elements)


def _adaptive_pool(at: _Operands) -> Ops | None:
    """Windows share elements where the sizes have no common divisor that is the smaller one."""
    axes = 1 if at.operation.word.endswith("1d") else 2
    shape = at.shape("self") or ()
    pairs = zip(shape[-axes:], at.output[-axes:], strict=True)
    read = prod(shape[:-axes]) * prod(size + parts - gcd(size, parts) for size, parts in pairs)
    return Ops(add=read - at.elements, div=at.elements)


def _leaky(at: _Operands) -> Ops | None:
    return Ops(compare=at.elements, mul=at.elements)


def _nothing(at: _Operands) -> Ops | None:
    return NO_OPS


PRODUCTS: Mapping[str, Callable[[_Operands], Ops | None]] = {
    "linear": _linear,
    "matmul": _matmul("self"),
    "mm": _matmul("self"),
    "bmm": _matmul("self"),
    "addmm": _matmul("mat1"),
    "baddbmm": _matmul("batch1"),
    "conv1d": _convolution,
    "conv2d": _convolution,
    "conv3d": _convolution,
    "convolution": _convolution,
    "conv_transpose1d": _convolution,
    "conv_transpose2d": _convolution,
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "instance_norm": _group_norm,
    "batch_norm": _batch_norm,
    "softmax": _softmax,
    "log_softmax": _softmax,
    "avg_pool1d": _pool,
    "avg_pool2d": _pool,
    "avg_pool3d": _pool,
    "max_pool1d": _pool,
    "max_pool2d": _pool,
    "adaptive_avg_pool1d": _adaptive_pool,
    "adaptive_avg_pool2d": _adaptive_pool,
    "leaky_relu": _leaky,
    "prelu": _leaky,
    "getitem": _nothing,
}
"""What computes, by its shapes."""

OF_TWO: Mapping[str, str] = {"max": "maximum", "min": "minimum"}
"""What is a reduction of one tensor, and something else of two."""

WORDS: Mapping[str, str] = {
    "_to_copy": "cast",
    "addcmul": "multiply_add",
    "amax": "max",
    "amin": "min",
    "as_strided": "view",
    "bfloat16": "cast",
    "bitwise_and": "logical_and",
    "bitwise_not": "logical_not",
    "bitwise_or": "logical_or",
    "cat": "concat",
    "clamp": "clip",
    "clamp_max": "minimum",
    "clamp_min": "maximum",
    "constant_pad_nd": "pad",
    "div": "div",
    "double": "cast",
    "empty_like": "empty",
    "empty_permuted": "empty",
    "empty_strided": "empty",
    "eq": "equal",
    "expand_as": "expand",
    "fill": "full",
    "float": "cast",
    "full_like": "full",
    "ge": "greater_equal",
    "gt": "greater",
    "half": "cast",
    "hardtanh": "clip",
    "le": "less_equal",
    "lift_fresh_copy": "copy",
    "linalg_vector_norm": "norm",
    "lt": "less",
    "masked_fill": "where",
    "ne": "not_equal",
    "new_empty": "empty",
    "new_empty_strided": "empty",
    "new_full": "full",
    "new_ones": "ones",
    "new_zeros": "zeros",
    "reflection_pad2d": "pad",
    "reshape_as": "reshape",
    "repeat_interleave": "repeat",
    "replication_pad2d": "pad",
    "rsub": "sub",
    "scalar_tensor": "constant",
    "split_with_sizes": "split",
    "std": "standard_deviation",
    "t": "transpose",
    "to": "cast",
    "type_as": "cast",
    "var": "variance",
    "view_as": "view",
}
"""The plain words of `opaque_costs`, where PyTorch has another."""
