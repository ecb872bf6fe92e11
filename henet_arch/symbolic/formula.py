"""A cost as one expression, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sympy import Add, Expr, Integer, latex, sstr, sympify

from ..conventions.convention import Convention
from ..conventions.lookup import convention as find_convention
from ..importers.load import Source
from ..ir.dims import Condition
from ..ir.graph import Graph
from ..ir.scope import is_inside
from ..results.unknown import operator
from ..support.errors import RuleError
from ..support.limits import LARGEST as LARGEST_NUMBER
from .expansion import expansion, permitted
from .growth import Growth, growth
from .names import need_all, symbol, whole_number
from .openable import Openable, chosen, openable
from .peaks import LARGEST
from .pieces import OPERATIONS, SIZES, pieces, size
from .tidy import odd_chain

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Formula:
    """A cost of a network, or of a part of it, in the symbols of its numbers."""

    source: Openable
    """Says all that is not a symbol."""
    cost: str
    part: str
    """A stage, a block or a layer; the whole network where it is empty."""
    convention: str
    symbols: tuple[str, ...]
    """The names of the numbers that are left open."""
    expr: Expr
    conditions: tuple[Condition, ...]
    """What the numbers must meet; they are those of another network, or of none, where not."""
    odd: bool = False
    """Whether sizes are odd wherever they are halved."""

    def substitute(self, /, **values: int) -> int:
        """The cost with numbers for all symbols, exactly.

        Numbers outside the conditions are put into the network, which is made again with them.

        Raises:
            SpecError: a number is missing, unknown, or one that no network may have.
            RuleError, ShapeError: no network has these numbers.
        """
        values = {name: whole_number(name, value) for name, value in values.items()}
        need_all(self.symbols, values)
        numbers = {symbol(name): Integer(value) for name, value in values.items()}
        broken = {name for name, value in values.items() if not 1 <= value <= LARGEST_NUMBER}
        broken.update(*(names_of(c) for c in self.conditions if not _holds(c, numbers)))
        if broken:
            return self._elsewhere(values, broken)
        return int(self.expr.xreplace(numbers))

    def text(self) -> str:
        """As Python and sympy read it."""
        return str(sstr(self.expr))

    def latex(self) -> str:
        return str(latex(self.expr))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def told_conditions(self) -> list[str]:
        """Each condition in a few words."""
        return [told(condition) for condition in self.conditions]

    def to_dict(self) -> dict[str, Any]:
        """Plain values; `text` is what `sympy.sympify` takes."""
        return {
            "name": self.source.title,
            "cost": self.cost,
            "part": self.part,
            "convention": self.convention,
            "symbols": list(self.symbols),
            "text": self.text(),
            "latex": self.latex(),
            "conditions": self.told_conditions(),
        }

    def odd_chain(self, least: int = 1) -> Formula:
        """The same without floors, for sizes that are odd wherever they are halved.

        Args:
            least: A power of 2 that divides each size + 1, which other formulas of the network
                need.
        """
        expr, power = odd_chain(self.expr, self._sizes)
        power = max(power, Integer(least))
        more = tuple(Condition("divides", power, size + 1) for size in self._sizes)
        taken = (*self.conditions, *more) if power > 1 else self.conditions
        return replace(self, expr=expr, conditions=taken, odd=True)

    def chained(self, expr: Expr) -> int:
        """The power of 2 that must divide each size + 1, for an expression of the same network."""
        return int(odd_chain(expr, self._sizes)[1])

    def link(self, expr: Expr) -> Expr:
        """An expression of the same network, on the odd chain where this one is."""
        return odd_chain(expr, self._sizes)[0] if self.odd else expr

    @property
    def _sizes(self) -> list[Expr]:
        """The symbols of heights and widths."""
        return [symbol(name) for name in self.symbols if name[0] in "HW"]

    def growth(self) -> Growth:
        """The leading term as the widths that are left open grow together."""
        return growth(self.expr, self.symbols)

    def vectorized(self) -> Callable[..., NDArray[int64]]:
        """`substitute` for arrays of whole numbers, by the symbols' names, broadcast together.

        Its values are exact: where a step could overflow 64 bits, it counts in Python's numbers,
        which takes longer. Numbers outside the conditions take as long as `substitute`.

        Raises:
            ExtraError: numpy is not installed.

        The function that it returns raises:
            SpecError: an array is missing, unknown, of another shape, or not of whole numbers.
            LimitError: a cost is 2**63 or more, or a width too large for the table of divisors.
            SpecError, RuleError, ShapeError: as `substitute`.
        """
        from .vectorized import vectorized

        return vectorized(self.expr, self.symbols, self.conditions, self.substitute)

    def _elsewhere(self, values: dict[str, int], broken: set[str]) -> int:
        """The cost of the network with the numbers `broken` in it."""
        fixed = {name: value for name, value in values.items() if name in broken}
        source = self.source.replace(fixed)
        rest = tuple(name for name in self.symbols if name not in broken)
        other = _formula(source, self.cost, self.part, self.convention, rest)
        return other.substitute(**{name: values[name] for name in rest})


def formula(
    source: Source = "henet-r3",
    cost: str = "macs",
    part: str = "",
    *,
    symbols: Iterable[str] | None = None,
    convention: str = "exact",
) -> Formula:
    """A cost of a network as a formula in its numbers: of a spec, all; of a graph, H, W and K.

    Args:
        source: What `load` takes.
        cost: params, macs, activations (elements), weight_bytes, an elementary operation such as
            compare, or one of the output's sizes: channels, height, width. Of the whole network it
            can also be peak_activation_bytes, depth (layers with multiply-accumulates on the
            longest path) or widest (channels of the widest map).
        part: A stage, block or layer, or "" for the network; where a repeat is a symbol, block2
            stands for all further blocks of its stage.
        symbols: Names (C1, r2, H) or groups of them (C, channels, input); all that the network
            permits when None.
        convention: How operations are counted.

    Raises:
        UnknownNameError: no cost, convention or part has that name.
        SpecError: the network has no such number.
        RuleError: a rule or a layer cannot work with a symbol; and all that `load` raises.
    """
    network = openable(source)
    if symbols is None:
        names = permitted(network) or tuple(network.numbers())  # which say why none of them is
    else:
        names = chosen(network, symbols)
    return _formula(network, cost, part, convention, names)


def _formula(
    source: Openable, cost: str, part: str, convention: str, names: tuple[str, ...]
) -> Formula:
    opened_network = expansion(source, names)
    if cost in OPERATIONS:
        _refuse_unknown(opened_network.graph, part, find_convention(convention))
    if cost in SIZES:
        expr = size(opened_network, cost, part)
    elif cost in LARGEST and not part:
        expr = LARGEST[cost](opened_network)
    else:
        expr = Add(*(piece.expr for piece in pieces(opened_network, cost, convention, part)))
    return Formula(source, cost, part, convention, names, expr, opened_network.tidy.conditions)


def _refuse_unknown(graph: Graph, part: str, counted: Convention) -> None:
    """Refuse a formula of what a layer computes, where that is unknown.

    Raises:
        RuleError: a layer of unknown cost is inside.
    """
    for node in graph:
        if is_inside(node.name, part) and not counted.covers(node.layer):
            raise RuleError(
                f"no formula: the cost of {node.name} is unknown",
                where=f"network {graph.name!r}, counted as {counted.name}",
                why=f"no kind of layer describes {operator(node)}",
                fix="the formulas of params or activations, or of a part without it",
            )


def told(condition: Condition) -> str:
    """`2 divides C2`."""
    words = {"divides": "divides", "differs": "is not", "equals": "=", "at-most": "<="}
    return f"{sstr(condition.first)} {words[condition.relation]} {sstr(condition.second)}"


def names_of(condition: Condition) -> frozenset[str]:
    """The symbols that it is about."""
    sides = sympify(condition.first), sympify(condition.second)
    return frozenset(str(free) for side in sides for free in side.free_symbols)


def _holds(condition: Condition, numbers: dict[Expr, Expr]) -> bool:
    try:
        first = sympify(condition.first).xreplace(numbers)
        second = sympify(condition.second).xreplace(numbers)
    except RuleError:  # no divisors m > n
        return False
    if condition.relation == "divides":
        both = first.is_Integer and second.is_Integer and first.is_positive
        return bool(both and second % first == 0)
    if condition.relation == "at-most":
        return bool(first <= second)
    return bool((first == second) == (condition.relation == "equals"))
