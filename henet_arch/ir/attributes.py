"""What the attributes of a layer may be, checked when it is made, by whatever way.

Numbers and lists are taken as PyTorch takes them: one number for both height and width, a list for
a tuple. What has the exact type already passes at once, and sizes that are left open pass too: a
shape rule asks for them later.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import isfinite
from operator import index
from typing import Any, NoReturn

from ..support import limits
from ..support.errors import LayerError
from .dims import Padding, format_shape

Check = Callable[[str, Any], Any]
"""From an attribute's name and a value to the value that the layer holds.

It raises LayerError, and returns the very same object where nothing has to be changed.
"""

_LONGEST_WORD = 200

LARGEST = limits.LARGEST**3
"""The largest whole number: elements of the largest map, features of what flattens it."""


def count(name: str, value: Any) -> Any:
    """A whole number of 1 or more, or a size that is left open."""
    return value if type(value) is int and 0 < value <= LARGEST else _whole(name, value, 1)


def amount(name: str, value: Any) -> Any:
    """A whole number of 0 or more, or one that is left open."""
    return value if type(value) is int and 0 <= value <= LARGEST else _whole(name, value, 0)


def optional_count(name: str, value: Any) -> Any:
    """A whole number of 1 or more, or None."""
    return None if value is None else count(name, value)


def shape(name: str, value: Any) -> Any:
    """Sizes, such as (C, H, W)."""
    if not isinstance(value, tuple | list) or not value:
        _refuse(name, value, "a shape is a tuple of sizes", "(3, 224, 224)")
    if any(isinstance(size, int) and size < 1 for size in value):
        raise LayerError(
            f"{name} {format_shape(tuple(value))} has a size below 1", fix="sizes of 1 or more"
        )
    return _tuple(value, count, name)


def pair(name: str, value: Any) -> Any:
    """Whole numbers of 1 or more for height and width; one number stands for both."""
    if type(value) is tuple and len(value) == 2:
        height, width = value
        if type(height) is int is type(width) and 0 < height <= LARGEST and 0 < width <= LARGEST:
            return value
    return _pair(name, value, count)


def padding(name: str, value: Any) -> Any:
    """Whole numbers of 0 or more for height and width, or for above, below, left and right.

    "valid" is no padding; "same" is for the layer to turn into numbers.
    """
    if type(value) is tuple and len(value) == 2:
        height, width = value
        if type(height) is int is type(width) and 0 <= height <= LARGEST and 0 <= width <= LARGEST:
            return value
    if isinstance(value, str):
        return value if value == "same" else _pair(name, 0 if value == "valid" else value, amount)
    if isinstance(value, tuple | list) and len(value) == 4:
        return by_side(*_tuple(value, amount, name))
    if isinstance(value, tuple | list) and len(value) != 2:
        why = "it is one number, two for height and width, or four for above, below, left and right"
        _refuse(name, value, why, "(0, 1, 0, 1)")
    return _pair(name, value, amount)


def by_side(above: int, below: int, left: int, right: int) -> Padding:
    """A pair where the sides are the same."""
    if (above, left) == (below, right):
        return (above, left)
    return (above, below, left, right)


def sides(name: str, value: Any) -> Any:
    """Whole numbers of 0 or more for above, below, left and right; fewer as for a padding."""
    taken = padding(name, value)
    if isinstance(taken, str):
        _refuse(name, value, "it is four whole numbers", "(0, 1, 0, 1)")
    return taken if len(taken) == 4 else (taken[0], taken[0], taken[1], taken[1])


def amounts(name: str, value: Any) -> Any:
    """Whole numbers of 0 or more for height and width; one number stands for both."""
    return _pair(name, value, amount)


def optional_pair(name: str, value: Any) -> Any:
    """Whole numbers of 1 or more for height and width, or None."""
    return None if value is None else pair(name, value)


def optional_factors(name: str, value: Any) -> Any:
    """Numbers above 0 for height and width, or None; one number stands for both."""
    return None if value is None else _pair(name, value, _factor)


def _factor(name: str, value: Any) -> float:
    factor: float = number(name, value)
    if not 0 < factor <= LARGEST:
        _refuse(name, value, "it is a number above 0", "2.0")
    return factor


def word(name: str, value: Any) -> Any:
    """A short text in one line."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_WORD or not value.isprintable():
        _refuse(name, value, f"it is a text of 1 to {_LONGEST_WORD} characters", "'nearest'")
    return value


def shapes(name: str, value: Any) -> Any:
    """Shapes of several values."""
    if not isinstance(value, tuple | list):
        _refuse(name, value, "it is a tuple of shapes", "((3, 224, 224),)")
    return _tuple(value, shape, name)


def tensors(name: str, value: Any) -> Any:
    """Names and shapes of tensors: (("weight", (8, 4)),)."""
    return _tuple(_pairs(name, value), _tensor, name)


def cost(name: str, value: Any) -> Any:
    """Names of elementary operations with their numbers, or None: (("mac", 100),)."""
    return None if value is None else _tuple(_pairs(name, value), _operation, name)


def _pairs(name: str, value: Any) -> Any:
    if not isinstance(value, tuple | list) or not all(
        isinstance(item, tuple | list) and len(item) == 2 for item in value
    ):
        _refuse(name, value, "it is a tuple of pairs, a name first", "(('mac', 100),)")
    return value


def _tensor(name: str, value: Any) -> Any:
    key, size = value
    if not isinstance(key, str) or not key.isidentifier() or not key.isascii():
        _refuse(name, key, "the name of a tensor is an identifier", "'weight'")
    checked = () if size in ((), []) else shape(name, size)
    return value if type(value) is tuple and checked is size else (key, checked)


def _operation(name: str, value: Any) -> Any:
    key, times = value
    if not isinstance(key, str):
        _refuse(name, value, "an operation has a name", "('mac', 100)")
    checked = amount(name, times)
    return value if type(value) is tuple and checked is times else (key, checked)


def flag(name: str, value: Any) -> Any:
    """True or False."""
    return value if type(value) is bool else _refuse(name, value, "it is True or False", "True")


def number(name: str, value: Any) -> Any:
    """A finite number, held as a float."""
    if type(value) is float and isfinite(value):
        return value
    try:
        taken = None if isinstance(value, bool | str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        taken = None
    if taken is None or not isfinite(taken):
        _refuse(name, value, "it is a finite number", "0.5")
    return taken


def optional_number(name: str, value: Any) -> Any:
    """A finite number, or None."""
    return None if value is None else number(name, value)


CHECKS: dict[str, Check] = {
    "Dim": count,
    "int": count,
    "int | None": optional_count,
    "Amount": amount,
    "Pair": pair,
    "Padding": padding,
    "Amounts": amounts,
    "Cost": cost,
    "Factors": optional_factors,
    "Pair | None": optional_pair,
    "Shape": shape,
    "Shapes": shapes,
    "Sides": sides,
    "Tensors": tensors,
    "Word": word,
    "bool": flag,
    "float": number,
    "float | None": optional_number,
}
"""By the annotation of a layer's field."""


def _whole(name: str, value: Any, least: int) -> Any:
    if _is_open(value):
        return value
    try:
        taken = None if isinstance(value, bool) else index(value)
    except TypeError:
        taken = None
    if taken is None:
        _refuse(name, value, "it is a whole number", str(max(least, 1)))
    if taken < least:
        raise LayerError(f"{name} = {taken} is below {least}", fix=f"{name}={max(least, 1)}")
    if taken > LARGEST:
        raise LayerError(
            f"{name} is above 10^36",
            why="the largest map has so many elements",
            fix="a smaller one",
        )
    return taken


def _is_open(value: Any) -> bool:
    """Whether it is an expression of sympy with a symbol in it; sympy is not imported for this."""
    return "sympy" in sys.modules and bool(getattr(value, "free_symbols", None))


def _pair(name: str, value: Any, check: Check) -> tuple[Any, ...]:
    if not isinstance(value, tuple | list):
        one = check(name, value)
        return (one, one)
    if len(value) != 2:
        _refuse(
            name,
            value,
            f"it is one number, or one for the height and one for the width, not {len(value)}",
            "(3, 3)",
        )
    return _tuple(value, check, name)


def _tuple(values: Any, check: Check, name: str) -> tuple[Any, ...]:
    taken = tuple(check(name, value) for value in values)
    same = type(values) is tuple and all(map(_is, taken, values))
    return values if same else taken


def _is(a: object, b: object) -> bool:
    return a is b


def _refuse(name: str, value: Any, why: str, example: str) -> NoReturn:
    raise LayerError(f"{name} = {value!r:.99}", why=why, fix=f"such as {name}={example}")
