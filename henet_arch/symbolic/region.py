"""Formulas of all figures of a network for many specs at once, and which specs they hold for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sympy import Add, Expr, Integer, cancel, sympify

from ..ir.dims import Condition, conditions
from ..spec.spec import Spec
from ..support.errors import HenetArchError, LimitError, RuleError, ShapeError
from . import peaks
from .depth import deepest
from .expansion import Expansion, Ties, attempts, expansion, permitted
from .interval import Interval, interval, magnitude
from .names import symbol
from .openable import OpenSpec
from .pieces import pieces
from .vectorized import compiled, met, whole

Ranges = tuple[tuple[str, int, int], ...]
"""The open numbers of a spec by name, each with its least and largest value."""
LARGEST_FIGURE = 2**62


def _sum(cost: str) -> Callable[[Expansion], Expr]:
    return lambda opened: Add(*(piece.expr for piece in pieces(opened, cost, "exact")))


MEASURES: dict[str, Callable[[Expansion], Expr]] = {
    "params": _sum("params"),
    "macs": _sum("macs"),
    "activations": _sum("activations"),
    "memory": peaks.peak_activation_bytes,
    "depth": deepest,
    "width": peaks.widest,
}
"""The formula of each figure."""


@dataclass(frozen=True)
class Region:
    """What is known of all specs whose open numbers meet some conditions."""

    names: tuple[str, ...]
    assumed: tuple[Condition, ...]
    """What must be met: elsewhere other formulas hold."""
    bounds: dict[str, Interval]
    """Between which numbers each figure lies; none where there is no network at all."""
    meets: Callable[..., list[Any]]
    """From arrays in the order of `names`, whether each condition is met."""
    exists: Callable[..., list[Any]]
    """From those, all that must be true for a network to be there."""
    figures: Callable[..., list[Any]]
    """From those of networks, the figures in the order that was asked for."""


@dataclass(frozen=True)
class Refused:
    """Numbers that a rule or a figure cannot have open."""

    names: frozenset[str]


class Request(NamedTuple):
    """What formulas are asked for."""

    spec: Spec
    ranges: Ranges
    measures: tuple[str, ...]
    ties: Ties = ()


_known: dict[Request, Region | Refused] = {}
_MOST_KNOWN = 1024


def is_known(request: Request) -> bool:
    """Whether `region` has the answer at once."""
    return request in _known


def region(request: Request) -> Region | Refused:
    """The formulas of the measures for the spec with the numbers of the ranges left open.

    Raises:
        LimitError: a figure can be too large for 64 bits.
        ExtraError: numpy is not installed.
    """
    if request not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[request] = _found(*request)
    return _known[request]


def _found(spec: Spec, ranges: Ranges, measures: tuple[str, ...], ties: Ties) -> Region | Refused:
    if nowhere := _without_network(spec, ranges, ties):
        return nowhere
    names = tuple(name for name, _, _ in ranges)
    try:
        opened_network = expansion(OpenSpec(spec), names, ties)
        exprs = {name: MEASURES[name](opened_network) for name in measures}
    except HenetArchError:
        return Refused(_refused(spec, names))
    inside = {symbol(name): (low, high) for name, low, high in ranges}
    open_ones = [c for c in opened_network.tidy.conditions if not _always(c, inside)]
    required = [met(c) for c in open_ones if c.required]
    wholes = [whole(expr) for expr in exprs.values()]
    assumed = tuple(c for c in open_ones if not c.required)
    _limit([*wholes, *required, *map(met, assumed)], inside, spec)
    return _region(
        names,
        assumed,
        required,
        wholes,
        {name: interval(expr, inside) for name, expr in exprs.items()},
    )


def _region(
    names: tuple[str, ...],
    assumed: tuple[Condition, ...],
    required: list[Expr],
    wholes: list[Expr],
    bounds: dict[str, Interval],
) -> Region:
    from .arrays import FUNCTIONS

    meets, exists, figures = (
        compiled(exprs, names, FUNCTIONS) for exprs in (map(met, assumed), required, wholes)
    )
    return Region(names, assumed, bounds, meets, exists, figures)


def _without_network(spec: Spec, ranges: Ranges, ties: Ties) -> Region | None:
    """The region in which there is no network, if it is one."""
    names = tuple(name for name, _, _ in ranges)
    with conditions() as asked:
        for attempt in attempts(OpenSpec(spec), names, ties):
            try:
                attempt()
            except (RuleError, ShapeError):
                continue
            except TypeError:
                return None
            return None
    inside = {symbol(name): (low, high) for name, low, high in ranges}
    blocks = [Condition("at-most", Integer(1), symbol(name)) for name in names if name[0] == "r"]
    taken = (c for c in [*blocks, *asked] if not c.required and not _always(c, inside))
    assumed = dict.fromkeys(taken)
    _limit(map(met, assumed), inside, spec)
    return _region(names, tuple(assumed), [Integer(0)], [], {})


def tie(condition: Condition) -> tuple[str, str] | None:
    """The two numbers that are equal where they do not differ, if it is about no more than that."""
    difference = sympify(condition.first) - condition.second
    names = sorted(str(result) for result in difference.free_symbols)
    if condition.relation != "differs" or len(names) != 2:
        return None
    one, other = map(symbol, names)
    linear = cancel(difference / (one - other)).is_number
    return (names[1], names[0]) if linear else None


def _refused(spec: Spec, names: tuple[str, ...]) -> frozenset[str]:
    """Those to fix one after the other: what the rules refuse, the repeats, or all."""
    closed = frozenset(names) - frozenset(permitted(OpenSpec(spec)))
    return closed or frozenset(name for name in names if name[0] == "r") or frozenset(names)


def _always(condition: Condition, inside: Mapping[Expr, tuple[int, int]]) -> bool:
    """Whether it is certain to be met."""
    if condition.relation == "divides":
        return False
    try:
        low, high = interval(sympify(condition.second) - condition.first, inside)
    except ValueError:
        return False
    if condition.relation == "at-most":
        return low >= 0
    return low == high == 0 if condition.relation == "equals" else low > 0 or high < 0


def _limit(wholes: Iterable[Expr], inside: Mapping[Expr, tuple[int, int]], spec: Spec) -> None:
    most = max((magnitude(expr, inside) for expr in wholes), default=0)
    if most > LARGEST_FIGURE:
        raise too_large(most, spec)


def too_large(figure: int, spec: Spec) -> LimitError:
    """That a figure does not fit."""
    return LimitError(
        f"a figure of these networks could reach 10**{len(str(figure)) - 1}",
        where=f"family {spec.family}",
        why="figures of many specs at once are counted in 64 bits, at most 4.6 * 10**18",
        fix="smaller widths, repeats or images",
    )
