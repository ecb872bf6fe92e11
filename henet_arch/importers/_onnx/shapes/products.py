"""Operators that multiply matrices, sum along axes, or run along a sequence."""

from __future__ import annotations

from collections.abc import Callable

from ..constant import broadcast
from ..network import Missing, Op, Sizes, axis_of, misfit

Rule = Callable[[Op], list[Sizes | None]]


def matmul(op: Op) -> list[Sizes | None]:
    left, right = factors(op)
    if not left or not right:
        raise misfit(op, "a matrix product takes no single number")
    wide, tall = (1, *left) if len(left) == 1 else left, (*right, 1) if len(right) == 1 else right
    if wide[-1] != tall[-2]:
        raise misfit(op, f"{wide[-1]} columns meet {tall[-2]} rows")
    try:
        outer = broadcast(wide[:-2], tall[:-2])
    except ValueError as error:
        raise misfit(op, str(error)) from None
    rows = wide[-2:-1] if len(left) > 1 else ()
    columns = tall[-1:] if len(right) > 1 else ()
    return [(*outer, *rows, *columns)]


def factors(op: Op) -> tuple[Sizes, Sizes]:
    """The shapes of the two matrices."""
    return op.shape(0), op.shape(3 if op.kind == "QLinearMatMul" else 1)


def gemm(op: Op) -> list[Sizes | None]:
    left, right = op.shape(0), op.shape(1)
    if len(left) != 2 or len(right) != 2:
        raise misfit(op, "it takes two matrices")
    rows, inner = left[::-1] if op.integer("transA") else left
    other, columns = right[::-1] if op.integer("transB") else right
    if inner != other:
        raise misfit(op, f"{inner} columns meet {other} rows")
    return [(rows, columns)]


def einsum(op: Op) -> list[Sizes | None]:
    _, result, sizes = letters_of(op)
    return [tuple(sizes[letter] for letter in result)]


def letters_of(op: Op) -> tuple[list[str], str, dict[str, int]]:
    """The letters of each input and of the output of an Einsum, and the size of each letter."""
    equation = op.text("equation").replace(" ", "")
    left, arrow, result = equation.partition("->")
    letters = left.split(",")
    shapes = [op.shape(index) for index in range(len(op.inputs))]
    if "." in equation:
        raise Missing(f"{op.place} has axes without letters")
    if [len(each) for each in letters] != [len(shape) for shape in shapes]:
        raise misfit(op, f"its equation is {equation:.99}")
    sizes: dict[str, int] = {}
    for each, shape in zip(letters, shapes, strict=True):
        for letter, size in zip(each, shape, strict=True):
            if sizes.setdefault(letter, size) not in (size, 1) and size != 1:
                raise misfit(op, f"{letter} is {sizes[letter]} and {size}")
            sizes[letter] = max(size, sizes[letter])
    if not arrow:
        result = "".join(sorted(letter for letter in sizes if left.count(letter) == 1))
    if not set(result) <= sizes.keys():
        raise misfit(op, f"its equation is {equation:.99}")
    return letters, result, sizes


def reduced_axes(op: Op) -> set[int]:
    """The axes over which an operator of the Reduce family goes."""
    rank = len(op.shape())
    axes = op.setting("axes", 1)
    if not axes:
        return set() if op.integer("noop_with_empty_axes") else set(range(rank))
    return {axis_of(op, axis, rank) for axis in axes}


def reduction(op: Op) -> list[Sizes | None]:
    return [_without(op, reduced_axes(op))]


def arg_reduction(op: Op) -> list[Sizes | None]:
    return [_without(op, {axis_of(op, op.integer("axis"), len(op.shape()))})]


def _without(op: Op, axes: set[int]) -> Sizes:
    keep = op.integer("keepdims", 1)
    sizes = ((1 if axis in axes else n, axis in axes) for axis, n in enumerate(op.shape()))
    return tuple(n for n, gone in sizes if keep or not gone)


def top_k(op: Op) -> list[Sizes | None]:
    data = op.shape()
    axis = axis_of(op, op.integer("axis", -1), len(data))
    (count,) = op.setting("k", 1) or (1,)
    if not 0 <= count <= data[axis]:
        raise misfit(op, f"the {count} largest of {data[axis]}")
    shape = (*data[:axis], count, *data[axis + 1 :])
    return [shape, shape]


def recurrent(op: Op) -> list[Sizes | None]:
    data, hidden = op.shape(), op.shape(2)[-1]
    ways = 2 if op.text("direction", "forward") == "bidirectional" else 1
    if op.integer("layout"):
        state = (data[0], ways, hidden)
        return [(*data[:2], ways, hidden), state, state]
    state = (ways, data[1], hidden)
    return [(data[0], ways, data[1], hidden), state, state]


def attention(op: Op) -> list[Sizes | None]:
    query, value = op.shape(0), op.shape(2)
    if len(query) == 4:
        return [(*query[:3], value[3])]
    heads = op.integer("q_num_heads") * value[2] // max(1, op.integer("kv_num_heads"))
    return [(query[0], query[1], heads)]


def determinant(op: Op) -> list[Sizes | None]:
    return [op.shape()[:-2]]


_REDUCTIONS = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"]
RULES: dict[str, Rule] = {
    "ArgMax": arg_reduction,
    "ArgMin": arg_reduction,
    "Attention": attention,
    "Det": determinant,
    "Einsum": einsum,
    "GRU": recurrent,
    "Gemm": gemm,
    "LSTM": recurrent,
    "MatMul": matmul,
    "MatMulInteger": matmul,
    "QLinearMatMul": matmul,
    "RNN": recurrent,
    "TopK": top_k,
    **{f"Reduce{name}": reduction for name in _REDUCTIONS},
}
