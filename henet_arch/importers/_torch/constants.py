"""What depends on the network's own tensors alone: computed when it is asked for, with PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from ...ir.dims import Shape
from ...support.errors import LimitError, RunError
from .trace import Batch, Operation, Ref, Tensor

_LARGEST = 2**31
"""Elements of a tensor that is computed."""
_COMPUTED = frozenset(
    [
        "_to_copy", "_weight_norm", "abs", "add", "addmm", "alias", "amax", "amin", "arange",
        "batch_norm", "bitwise_not", "bmm", "broadcast_to", "cat", "ceil", "chunk", "clamp",
        "clamp_max", "clamp_min", "clone", "contiguous", "conv2d", "copy", "cos", "cumsum",
        "detach", "diag", "div", "dot", "einsum", "empty_like", "eq", "exp", "expand", "expand_as",
        "expm1", "eye", "fill", "flatten", "flip", "floor", "floor_divide", "full", "full_like",
        "ge", "gelu", "group_norm", "gt", "index", "index_select", "instance_norm", "layer_norm",
        "le", "lift_fresh_copy", "linalg_vector_norm", "linear", "linspace", "log", "log1p",
        "logical_not", "lt", "masked_fill", "matmul", "max", "maximum", "mean", "meshgrid", "min",
        "minimum", "mm", "movedim", "mul", "mv", "narrow", "ne", "neg", "new_ones", "new_zeros",
        "norm", "norm_except_dim", "ones", "ones_like", "outer", "pad", "permute", "pow",
        "reciprocal", "relu", "remainder", "repeat", "reshape", "reshape_as", "roll", "rsqrt",
        "rsub", "scalar_tensor", "select", "sigmoid", "sign", "silu", "sin", "slice", "softmax",
        "softplus", "split", "split_with_sizes", "sqrt", "square", "squeeze", "stack", "std",
        "std_mean", "sub", "sum", "t", "tanh", "tensor_split", "to", "transpose", "tril", "triu",
        "type_as", "vdot", "unbind", "unflatten", "unfold", "unsqueeze", "upsample_bicubic2d",
        "upsample_bilinear2d", "upsample_nearest2d", "var", "var_mean", "view", "view_as", "where",
        "zeros", "zeros_like",
    ]
)  # fmt: skip
"""The operators that are computed: plain functions of their arguments."""


@dataclass(frozen=True, eq=False)
class Constant:
    """A tensor, or what operators make of tensors."""

    key: Hashable
    """The same for what is computed in the same way."""
    shape: Shape
    """As for one image."""
    type: str
    sources: frozenset[str]
    """The tensors that it depends on."""
    read: Callable[[], Any] | None
    """Computes it; None where tensors have no values."""

    def value(self) -> Any:
        """The tensor.

        Raises:
            RunError: the network's tensors have no values.
        """
        if self.read is None:
            raise RunError("a tensor on the meta device has no values", fix="a module on a device")
        return self.read()

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        return prod(map(int, self.shape))


def of_tensor(tensor: Tensor) -> Constant:
    """A tensor as it is."""
    sources = frozenset([tensor.name])
    return Constant(tensor.name, tensor.shape, tensor.type, sources, tensor.read)


def folded(operation: Operation, constants: Mapping[str, Constant]) -> list[Constant]:
    """What an operation gives that reads constants alone.

    Args:
        operation: Its sizes that hold the number of images hold it for one image.
        constants: What it reads, by name.
    """
    reads = [constants[name] for name in operation.reads]
    sources = frozenset().union(*(constant.sources for constant in reads))
    key = (operation.operator, operation.overload, _key(operation.arguments, constants))
    no_values = any(constant.read is None for constant in reads)
    held: list[Any] = []

    def value(index: int) -> Any:
        if not held:
            held.append(_computed(operation, constants))
        return held[0][index] if isinstance(held[0], list | tuple) else held[0]

    return [
        Constant(
            (*key, index),
            tuple(size.times if isinstance(size, Batch) else size for size in sizes),
            type_,
            sources,
            None if no_values else _bound(value, index),
        )
        for index, (sizes, type_) in enumerate(zip(operation.sizes, operation.types, strict=True))
    ]


def derived(constant: Constant, what: str, shape: Shape, change: Callable[[Any], Any]) -> Constant:
    """Another form of a constant: reshaped, transposed or repeated.

    Args:
        constant: What it is made of.
        what: The change, as the key has it.
        shape: What it gives.
        change: From the tensor to the new one.
    """
    read = constant.read
    key = (what, constant.key, shape)
    new = None if read is None else lambda: change(read())
    return Constant(key, shape, constant.type, constant.sources, new)


def reshaped(constant: Constant, shape: Shape) -> Constant:
    """The same numbers in another shape."""
    if constant.shape == shape:
        return constant
    return derived(constant, "reshape", shape, lambda value: value.reshape(shape))


def number(constant: Constant) -> float | None:
    """The one number of a constant; None where it has several or none is known."""
    if constant.elements != 1 or constant.read is None:
        return None
    return float(constant.read().reshape(()).item())


def _bound(value: Callable[[int], Any], index: int) -> Callable[[], Any]:
    return lambda: value(index)


def _computed(operation: Operation, constants: Mapping[str, Constant]) -> Any:
    import torch

    word = operation.word
    if not operation.operator.startswith("aten.") or word not in _COMPUTED:
        raise RunError(
            f"a weight is computed by {operation.operator}, which is not computed here",
            where=operation.source[0].source if operation.source else "",
            fix="the module with its own weights, or the operator outside forward",
        )
    if any(prod(_plain(sizes)) > _LARGEST for sizes in operation.sizes):
        raise LimitError(f"{operation.operator} makes more than {_LARGEST} numbers")
    function = getattr(getattr(torch.ops.aten, word), operation.overload)
    with torch.no_grad():
        return function(**_arguments(function, operation, constants))


def _plain(sizes: Any) -> list[int]:
    return [size.times if isinstance(size, Batch) else size for size in sizes]


def _arguments(function: Any, operation: Operation, constants: Mapping[str, Constant]) -> Any:
    import torch

    named = {argument.name: argument for argument in function._schema.arguments}
    result = {}
    for name, given in operation.arguments.items():
        if name not in named or name == "pin_memory":
            continue
        kind = str(named[name].type)
        if kind in ("Device", "Optional[Device]", "Device?"):
            result[name] = torch.device("cpu")
        elif isinstance(given, str) and given.startswith("torch."):
            result[name] = getattr(torch, given.removeprefix("torch."))
        else:
            result[name] = _argument(given, constants)
    return result


def _argument(given: Any, constants: Mapping[str, Constant]) -> Any:
    if isinstance(given, Ref):
        return constants[given.name].value().detach().cpu()
    if isinstance(given, Batch):
        return given.times
    if isinstance(given, list):
        return [_argument(item, constants) for item in given]
    return given


def _key(value: Any, constants: Mapping[str, Constant]) -> Hashable:
    if isinstance(value, Ref):
        return ("constant", constants[value.name].key)
    if isinstance(value, Batch):
        return value
    if isinstance(value, Mapping):
        return tuple((name, _key(item, constants)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(_key(item, constants) for item in value)
    return (type(value).__name__, value)
