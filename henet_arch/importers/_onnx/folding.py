"""Operators on constants, computed with numpy: sizes, axes, and what weights are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from ...support.errors import FileError, LimitError
from ...support.optional import need
from .constant import Constant, derived, of_numbers
from .network import Op, Sizes
from .shapes.moves import pad_sides, parts, permutation, slices
from .shapes.products import reduced_axes

if TYPE_CHECKING:
    from numpy.typing import NDArray

Function = Callable[[Op, Sizes, list[Any]], Any]
"""From an operator, the shape of its output and its inputs' elements to the output's."""
_MOST_PRODUCTS = 2**31
"""Multiplications of one product of constant matrices."""


def folded(op: Op, index: int, shape: Sizes | None, type_: str) -> Constant | None:
    """The output `index` of an operator on constants; None where it cannot be computed here.

    Raises:
        FileError: an operator that is not valid meets its elements.
        LimitError: it is too large.
    """
    if shape is None or not type_ or op.domain:
        return None
    if op.kind in ("Shape", "Size"):
        return _sizes(op, shape)
    function = FUNCTIONS.get(op.kind)
    inputs = [None if value is None else value.constant for value in op.inputs]
    if function is None or any(v is not None and v.constant is None for v in op.inputs):
        return None
    _check_work(op)
    sources = tuple(constant for constant in inputs if constant is not None)

    def make(*arrays: NDArray[Any]) -> NDArray[Any]:
        given = iter(arrays)
        elements = [None if constant is None else next(given) for constant in inputs]
        return _made(op, function, elements, index, shape, type_)

    return derived(object(), shape, type_, make, sources)


def _made(
    op: Op, function: Function, elements: list[Any], index: int, shape: Sizes, type_: str
) -> NDArray[Any]:
    np = need("numpy", "onnx")
    try:
        with np.errstate(all="ignore"):
            result = function(op, shape, elements)
            if op.kind == "Split":
                result = result[index]
            values: NDArray[Any] = np.asarray(result)
            values = values.astype(numpy_type(type_), copy=False)
    except (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError) as error:
        raise FileError(f"{op.place} cannot be computed: {error!s:.200}") from None
    if values.shape != shape:
        raise FileError(f"{op.place} gives {values.shape}, and its inputs say {shape}")
    return values


def numpy_type(type_: str) -> Any:
    """The type of numpy that holds a type's elements."""
    np = need("numpy", "onnx")
    if type_ == "string":
        return np.dtype(object)
    try:
        return np.dtype(type_)
    except TypeError:  # bfloat16, and those of 8 bits and fewer
        return np.dtype(np.float32)


def _sizes(op: Op, shape: Sizes) -> Constant | None:
    """The sizes of an input, which need not be a constant."""
    data = op.value(0).shape
    if data is None:
        return None
    if op.kind == "Size":
        return of_numbers(prod(data))
    start, end, _ = slice(op.integer("start"), op.integer("end", len(data))).indices(len(data))
    return of_numbers(data[start:end])


def _check_work(op: Op) -> None:
    """Refuse a product that takes long."""
    if op.kind == "MatMul":
        work = prod(op.shape(0)) * op.shape(1)[-1]
        if work > _MOST_PRODUCTS:
            raise LimitError(f"{op.place} multiplies constants, {work:,} multiplications")


def _numpy(name: str) -> Function:
    """A function of numpy of the same inputs."""
    return lambda op, shape, given: getattr(need("numpy", "onnx"), name)(*given)


def _repeated(name: str) -> Function:
    """A function of numpy of two inputs, for any number of them."""

    def function(op: Op, shape: Sizes, given: list[Any]) -> Any:
        result = given[0]
        for other in given[1:]:
            result = getattr(need("numpy", "onnx"), name)(result, other)
        return result

    return function


def _reshaped(op: Op, shape: Sizes, given: list[Any]) -> Any:
    return given[0].reshape(shape)


def _divided(op: Op, shape: Sizes, given: list[Any]) -> Any:
    """A quotient, which whole numbers round towards 0."""
    np = need("numpy", "onnx")
    one, other = given
    if one.dtype.kind not in "iu":
        return one / other
    if not other.all():
        raise ValueError("a division by 0")
    whole = np.abs(one) // np.abs(other)
    return np.where((one < 0) != (other < 0), -whole, whole)


def _remainder(op: Op, shape: Sizes, given: list[Any]) -> Any:
    np = need("numpy", "onnx")
    return (np.fmod if op.integer("fmod") else np.mod)(*given)


def _clipped(op: Op, shape: Sizes, given: list[Any]) -> Any:
    np = need("numpy", "onnx")
    low, high = op.limit("min", 1, -np.inf), op.limit("max", 2, np.inf)
    return np.clip(given[0], low, high)


def _cast(op: Op, shape: Sizes, given: list[Any]) -> Any:
    return given[0]


def _concatenated(op: Op, shape: Sizes, given: list[Any]) -> Any:
    return need("numpy", "onnx").concatenate(given, axis=op.integer("axis", 1))


def _taken(op: Op, shape: Sizes, given: list[Any]) -> Any:
    return need("numpy", "onnx").take(given[0], given[1].astype("int64"), axis=op.integer("axis"))


def _cut(op: Op, shape: Sizes, given: list[Any]) -> Any:
    kept = slices(op)
    cuts = (kept.get(axis, range(size)) for axis, size in enumerate(given[0].shape))
    return given[0][tuple(_slice(cut) for cut in cuts)]


def _slice(cut: range) -> slice:
    return slice(cut.start, cut.stop if cut.stop >= 0 else None, cut.step)


def _pieces(op: Op, shape: Sizes, given: list[Any]) -> Any:
    np = need("numpy", "onnx")
    axis = op.integer("axis")
    ends = np.cumsum(parts(op, given[0].shape[axis]))
    return np.split(given[0], ends[:-1], axis=axis)


def _turned(op: Op, shape: Sizes, given: list[Any]) -> Any:
    return given[0].transpose(permutation(op))


def _broadcast(op: Op, shape: Sizes, given: list[Any]) -> Any:
    return need("numpy", "onnx").broadcast_to(given[0], shape)


def _tiled(op: Op, shape: Sizes, given: list[Any]) -> Any:
    return need("numpy", "onnx").tile(given[0], op.numbers(1))


def _filled(op: Op, shape: Sizes, given: list[Any]) -> Any:
    value = op.attributes.get("value")
    one = value.read().ravel()[0] if isinstance(value, Constant) else 0.0
    return need("numpy", "onnx").full(shape, one)


def _range(op: Op, shape: Sizes, given: list[Any]) -> Any:
    start, _, step = (each.ravel()[0] for each in given)
    return start + need("numpy", "onnx").arange(shape[0]) * step


def _padded(op: Op, shape: Sizes, given: list[Any]) -> Any:
    if op.text("mode", "constant") != "constant":
        raise ValueError("a constant is padded with others of its elements")
    value = op.limit("value", 2, 0.0)
    return need("numpy", "onnx").pad(given[0], pad_sides(op), constant_values=value)


def _dequantized(op: Op, shape: Sizes, given: list[Any]) -> Any:
    """(elements - zero point) * scale, along an axis where there are several scales."""
    data, scale, zero = given[0], given[1], given[2] if len(given) > 2 else None
    if op.integer("block_size"):
        raise ValueError("it has blocks")
    if scale.ndim:
        axis = op.integer("axis", 1)
        along = tuple(-1 if n == axis % data.ndim else 1 for n in range(data.ndim))
        scale = scale.reshape(along) if scale.size > 1 else scale.reshape(())
        zero = zero.reshape(along) if zero is not None and zero.size > 1 else zero
    whole = data.astype("float32") - (0 if zero is None else zero.astype("float32"))
    return whole * scale


def _scattered(op: Op, shape: Sizes, given: list[Any]) -> Any:
    if op.text("reduction", "none") != "none":
        raise ValueError("it reduces")
    data, indices, updates = given
    result = data.copy()
    result[tuple(indices[..., n] for n in range(indices.shape[-1]))] = updates
    return result


def _triangle(op: Op, shape: Sizes, given: list[Any]) -> Any:
    np = need("numpy", "onnx")
    offset = op.numbers(1)[0] if op.has(1) else 0
    return (np.triu if op.integer("upper", 1) else np.tril)(given[0], offset)


def _summed_so_far(op: Op, shape: Sizes, given: list[Any]) -> Any:
    if op.integer("reverse") or op.integer("exclusive"):
        raise ValueError("it is reversed or exclusive")
    return given[0].cumsum(axis=op.numbers(1)[0])


def _reduced(name: str) -> Function:
    def function(op: Op, shape: Sizes, given: list[Any]) -> Any:
        reduce = getattr(need("numpy", "onnx"), name)
        return reduce(given[0], axis=tuple(sorted(reduced_axes(op)))).reshape(shape)

    return function


def _norm(op: Op, shape: Sizes, given: list[Any]) -> Any:
    np = need("numpy", "onnx")
    total = np.square(given[0]).sum(axis=tuple(sorted(reduced_axes(op))))
    return np.sqrt(total).reshape(shape)


def _sigmoid(op: Op, shape: Sizes, given: list[Any]) -> Any:
    return 1 / (1 + need("numpy", "onnx").exp(-given[0]))


def _mean(op: Op, shape: Sizes, given: Sequence[Any]) -> Any:
    return sum(given) / len(given)


def _names(text: str) -> dict[str, Function]:
    """Operators with their functions of numpy: `Abs:absolute`."""
    pairs = (each.split(":") for each in text.split())
    return {kind: _numpy(name) for kind, name in pairs}


FUNCTIONS: dict[str, Function] = {
    **_names(
        """Abs:absolute And:logical_and Ceil:ceil Cos:cos Equal:equal Exp:exp Floor:floor
        Greater:greater GreaterOrEqual:greater_equal Less:less LessOrEqual:less_equal Log:log
        MatMul:matmul Neg:negative Not:logical_not Or:logical_or Pow:power Reciprocal:reciprocal
        Round:rint Sign:sign Sin:sin Sqrt:sqrt Sub:subtract Tanh:tanh Where:where Xor:logical_xor"""
    ),
    "Add": _repeated("add"),
    "Cast": _cast,
    "CastLike": _cast,
    "Clip": _clipped,
    "Concat": _concatenated,
    "ConstantOfShape": _filled,
    "CumSum": _summed_so_far,
    "Dropout": _cast,
    "DequantizeLinear": _dequantized,
    "Div": _divided,
    "Expand": _broadcast,
    "Flatten": _reshaped,
    "Gather": _taken,
    "Identity": _cast,
    "Max": _repeated("maximum"),
    "Mean": _mean,
    "Min": _repeated("minimum"),
    "Mod": _remainder,
    "Mul": _repeated("multiply"),
    "Pad": _padded,
    "Range": _range,
    "ReduceL2": _norm,
    "ReduceMax": _reduced("max"),
    "ReduceMean": _reduced("mean"),
    "ReduceMin": _reduced("min"),
    "ReduceProd": _reduced("prod"),
    "ReduceSum": _reduced("sum"),
    "Reshape": _reshaped,
    "ScatterND": _scattered,
    "Sigmoid": _sigmoid,
    "Slice": _cut,
    "Split": _pieces,
    "Squeeze": _reshaped,
    "Sum": _repeated("add"),
    "Tile": _tiled,
    "Transpose": _turned,
    "Trilu": _triangle,
    "Unsqueeze": _reshaped,
}
