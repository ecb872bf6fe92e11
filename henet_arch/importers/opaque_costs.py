"""What operators cost that no kind of layer describes, by plain words such as `exp` or `where`.

Importers translate their format's names to these words. A word that is in no table has an unknown
cost.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..ir.layer import Ops

Cost = tuple[tuple[str, int], ...]
"""Elementary operations by their field of `Ops`, those that occur alone; () computes nothing."""

MOVES = frozenset(
    [
        "alias",
        "broadcast",
        "cast",
        "chunk",
        "clone",
        "concat",
        "constant",
        "contiguous",
        "copy",
        "crop",
        "depth_to_space",
        "detach",
        "dropout",
        "empty",
        "expand",
        "eye",
        "flatten",
        "flip",
        "full",
        "gather",
        "identity",
        "index",
        "index_put",
        "index_select",
        "meshgrid",
        "movedim",
        "narrow",
        "ones",
        "ones_like",
        "pad",
        "permute",
        "pixel_shuffle",
        "pixel_unshuffle",
        "range",
        "repeat",
        "reshape",
        "roll",
        "scatter",
        "select",
        "slice",
        "space_to_depth",
        "split",
        "squeeze",
        "stack",
        "tile",
        "transpose",
        "tril",
        "triu",
        "unbind",
        "unflatten",
        "unfold",
        "unsqueeze",
        "view",
        "where",
        "zeros",
        "zeros_like",
    ]
)
"""What only moves, copies or selects elements; a type that is converted counts as a copy."""

ELEMENTWISE: Mapping[str, Ops] = {
    "abs": Ops(compare=1),
    "add": Ops(add=1),
    "ceil": Ops(compare=1),
    "clip": Ops(compare=2),
    "div": Ops(div=1),
    "equal": Ops(compare=1),
    "erf": Ops(erf=1),
    "exp": Ops(exp=1),
    "expm1": Ops(exp=1, add=1),
    "floor": Ops(compare=1),
    "greater": Ops(compare=1),
    "greater_equal": Ops(compare=1),
    "less": Ops(compare=1),
    "less_equal": Ops(compare=1),
    "logical_and": Ops(compare=1),
    "logical_not": Ops(compare=1),
    "logical_or": Ops(compare=1),
    "maximum": Ops(compare=1),
    "minimum": Ops(compare=1),
    "mul": Ops(mul=1),
    "multiply_add": Ops(mul=1, add=1),
    "neg": Ops(),
    "not_equal": Ops(compare=1),
    "pow": Ops(pow=1),
    "reciprocal": Ops(div=1),
    "relu": Ops(compare=1),
    "relu6": Ops(compare=2),
    "round": Ops(compare=1),
    "rsqrt": Ops(sqrt=1, div=1),
    "sigmoid": Ops(exp=1, add=1, div=1),
    "sign": Ops(compare=2),
    "silu": Ops(exp=1, add=1, div=1),
    "gelu": Ops(mul=3, add=1, erf=1),
    "sqrt": Ops(sqrt=1),
    "square": Ops(mul=1),
    "sub": Ops(add=1),
    "tanh": Ops(tanh=1),
}  # fmt: skip
"""Operations on each element of the output; a subtraction counts as an addition."""

REDUCTIONS: Mapping[str, tuple[Ops, Ops]] = {
    "argmax": (Ops(compare=1), Ops(compare=-1)),
    "argmin": (Ops(compare=1), Ops(compare=-1)),
    "max": (Ops(compare=1), Ops(compare=-1)),
    "mean": (Ops(add=1), Ops(add=-1, div=1)),
    "min": (Ops(compare=1), Ops(compare=-1)),
    "norm": (Ops(mul=1, add=1), Ops(add=-1, sqrt=1)),
    "prod": (Ops(mul=1), Ops(mul=-1)),
    "softmax": (Ops(compare=1, add=2, exp=1, div=1), Ops(compare=-1, add=-1)),
    "standard_deviation": (Ops(add=3, mul=1), Ops(add=-2, div=2, sqrt=1)),
    "sum": (Ops(add=1), Ops(add=-1)),
    "sum_of_squares": (Ops(mul=1, add=1), Ops(add=-1)),
    "variance": (Ops(add=3, mul=1), Ops(add=-2, div=2)),
}
"""Operations on each element that is reduced, and for each result.

A sum of n elements takes n - 1 additions. The results of a softmax are its sums.
"""


def opaque_cost(word: str, inputs: int, outputs: int) -> Cost | None:
    """What an operator costs for one image.

    Args:
        word: Its plain name.
        inputs: How many elements it reduces; an elementwise operator does not ask.
        outputs: How many results it has: elements of the output, or for a softmax its sums.

    Returns:
        The operations, or None where they are unknown.
    """
    if word in MOVES:
        return ()
    if word in ELEMENTWISE:
        return cost(ELEMENTWISE[word], outputs)
    if word in REDUCTIONS:
        each, last = REDUCTIONS[word]
        counts = (a * inputs + b * outputs for a, b in zip(each, last, strict=True))
        return cost(Ops(*counts), 1)
    return None


def cost(ops: Ops, times: int) -> Cost:
    """The operations `ops`, done that many times."""
    return tuple((name, count * times) for name, count in ops._asdict().items() if count)
