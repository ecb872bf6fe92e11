"""The nearest divisors of a size that is a symbol: m(C) and n(C), with m(C) * n(C) = C."""

from __future__ import annotations

from typing import Any, ClassVar

from sympy import Expr, Function, Integer
from sympy.core.function import FunctionClass

from .divisors import nearest


class Divisor(Function):  # type: ignore[misc]
    """One of the two divisors; a number as soon as its size is one."""

    is_integer = True
    is_positive = True
    index: ClassVar[int]
    """Which of the two it is."""

    @classmethod
    def eval(cls, size: Expr) -> Expr | None:
        return Integer(nearest(int(size))[cls.index]) if size.is_Integer else None


m: Any = FunctionClass("m", (Divisor,), {"__module__": __name__, "index": 0})
"""The larger divisor: groups of a block's first convolution."""
n: Any = FunctionClass("n", (Divisor,), {"__module__": __name__, "index": 1})
"""The smaller divisor: groups of its second convolution."""
