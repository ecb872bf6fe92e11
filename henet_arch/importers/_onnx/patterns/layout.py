"""Islands of channels last: what stands between two transpositions, with channels first again."""

from __future__ import annotations

from ..constant import Constant, derived
from ..network import Network, Op, Value
from ..rewriting import release, replace
from ..shapes.moves import permutation

_TO_LAST = (0, 2, 3, 1)
_TO_FIRST = (0, 3, 1, 2)
_POINTWISE = {
    "Abs", "Cast", "Ceil", "Clip", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid",
    "HardSwish", "LeakyRelu", "Log", "Mish", "Neg", "Reciprocal", "Relu", "Round", "Selu",
    "Sigmoid", "Sign", "Softplus", "Softsign", "Sqrt", "Square", "Swish", "Tanh", "Affine",
}  # fmt: skip
_JOINS = {"Add", "Div", "Max", "Min", "Mul", "Pow", "Sub", "Sum"}


def sink(network: Network) -> None:
    """Move transpositions to channels last behind what can be done with channels first."""
    ops, network.ops = network.ops, []
    same: dict[Value, Value] = {}
    for op in ops:
        if not op.alive:
            continue
        op.inputs = tuple(value and same.get(value, value) for value in op.inputs)
        source = _cancelled(op)
        if source is not None:
            same[op.output] = source
            source.users += op.output.users
            op.output.users = 0
            release(op)
        else:
            network.ops += _moved(op) or [op]
    network.outputs = [same.get(value, value) for value in network.outputs]
    network.ops = [op for op in network.ops if op.alive]


def _moved(op: Op) -> list[Op]:
    """The operator with channels first and a transposition behind it; none where it stays."""
    if op.domain or len(op.outputs) != 1 or op.output.rank != 4:
        return []
    if op.kind in _POINTWISE:
        data = _first(op.value(0))
        return [] if data is None else _behind(op, _like(op, (data, *op.inputs[1:])))
    if op.kind in _JOINS:
        first = [_first(value) for value in op.inputs]
        return [] if None in first or not op.data else _behind(op, _like(op, tuple(first)))
    return _product(op) or _norm(op)


def _like(op: Op, inputs: tuple[Value | None, ...]) -> Op:
    return Op(op.kind, inputs, (), op.place, op.attributes, "", op.version)


def _first(value: Value | None) -> Value | None:
    """The value with channels first: what a transposition reads, or a constant turned."""
    if value is None:
        return None
    if value.constant is not None:
        turned = _turned(value.constant)
        return None if turned is None else Value(value.name, turned.shape, turned.type, turned)
    op = value.producer
    if op is None or op.kind != "Transpose" or op.domain or op.value(0).rank != 4:
        return None
    return op.value(0) if permutation(op) == _TO_LAST and op.value(0).batched else None


def _turned(constant: Constant) -> Constant | None:
    """A constant that is broadcast to (N, H, W, C), for (N, C, H, W)."""
    if constant.count == 1 and len(constant.shape) <= 1:
        return constant
    if len(constant.shape) > 4:
        return None
    wide = constant.reshaped(*(1,) * (4 - len(constant.shape)), *constant.shape)
    shape = tuple(wide.shape[axis] for axis in _TO_FIRST)
    return derived(("turn",), shape, wide.type, lambda a: a.transpose(_TO_FIRST), (wide,))


def _cancelled(op: Op) -> Value | None:
    """What a transposition to channels first gives again, where one to channels last is before."""
    if op.kind != "Transpose" or op.domain or op.value(0).rank != 4:
        return None
    if permutation(op) != _TO_FIRST:
        return None
    return _first(op.value(0))


def _product(op: Op) -> list[Op]:
    """A product of each place's channels with a matrix, which is a convolution of 1 x 1."""
    if op.kind != "MatMul":
        return []
    data, weight = _first(op.value(0)), op.value(1).constant
    if data is None or weight is None or len(weight.shape) != 2:
        return []
    kernel = weight.transposed().reshaped(*weight.shape[::-1], 1, 1)
    value = Value(op.value(1).name, kernel.shape, kernel.type, kernel)
    return _behind(op, Op("Conv", (data, value), (), op.place, {}, "", 13))


def _norm(op: Op) -> list[Op]:
    """A norm of each place's channels."""
    if op.kind != "LayerNormalization" or op.integer("axis", -1) not in (-1, 3):
        return []
    data = _first(op.value(0))
    if data is None:
        return []
    attributes = {**op.attributes, "axis": 1, "along": 1}
    inputs = (data, *op.inputs[1:])
    return _behind(op, Op(op.kind, inputs, (), op.place, attributes, "", op.version))


def _behind(op: Op, made: Op) -> list[Op]:
    """What is made, with channels first, and the transposition that gives what `op` gave."""
    count, height, width, channels = op.output.shape or ()
    old = op.output
    shape = (count, channels, height, width)
    inner = Value(old.name, shape, old.type, computed=True, batched=old.batched, producer=made)
    made.outputs = (inner,)
    turn = Op("Transpose", (inner,), op.outputs, op.place, {"perm": _TO_LAST}, "", 13)
    for value in made.inputs:
        if value is not None:
            value.users += 1
    replace(op, turn)
    return [made, turn]
