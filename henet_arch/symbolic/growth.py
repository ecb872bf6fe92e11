"""How a cost grows with the widths, from its own formula."""

from __future__ import annotations

from typing import NamedTuple

from sympy import Add, Dummy, Expr, Rational, expand, floor, sstr

from .divisors import rooted
from .names import symbol


class Growth(NamedTuple):
    """`cost / t**power` goes to `constant` where all widths are `t` times as large."""

    power: Rational
    constant: Expr
    """With the widths to that power in it: 11*C1**(3/2)."""

    def text(self) -> str:
        return str(sstr(self.constant))


def growth(expr: Expr, symbols: tuple[str, ...]) -> Growth:
    """The leading term of `expr` as its widths grow together, with m(C) and n(C) at sqrt(C).

    There the two divisors meet, as those of C = k * (k + 1) do more and more closely; any others
    have the same product and a larger sum.
    """
    root = Dummy("root", positive=True)
    scaled = {symbol(name): root**2 * symbol(name) for name in symbols if name[0] == "C"}
    smooth = rooted(expr).replace(
        lambda part: isinstance(part, floor) and bool(part.free_symbols & scaled.keys()),
        lambda part: part.args[0],
    )
    terms = Add.make_args(expand(smooth.xreplace(scaled)))
    powers = [term.as_coeff_exponent(root) for term in terms]
    highest = max(exponent for _, exponent in powers)
    leading = Add(*(share for share, exponent in powers if exponent == highest))
    return Growth(highest / 2, leading)
