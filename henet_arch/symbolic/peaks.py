"""The largest of something over all layers, where sizes and repeats are symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sympy import Add, Expr, Integer, Max, Min, Mul, default_sort_key, expand, floor

from ..analyzers import memory
from ..ir.dims import Condition
from ..ir.graph import Graph
from ..support.errors import RuleError
from .depth import deepest
from .expansion import Expansion

_NONE = Integer(0)


class Peak(NamedTuple):
    """A size, and whether its layer is there: 1, or a formula that is 0 where it is not."""

    there: Expr
    size: Expr


def peak_activation_bytes(expansion: Expansion) -> Expr:
    """The most bytes that must be held while one of the layers runs.

    Raises:
        RuleError: what a block holds depends on the number of blocks.
    """
    few, graph, many = (_live(expansion, graph) for graph in expansion.graphs)
    names = [node.name for node in expansion.graph]
    second = [name for name in names if name not in few]
    third = [name for name in many if name not in graph]
    pairs = [(few[name], graph[name]) for name in few]
    pairs += [(graph[name], many[name]) for name in graph]
    pairs += [(graph[name], many[other]) for name, other in zip(second, third, strict=True)]
    if any(one != other for one, other in pairs):
        raise RuleError(
            "the peak of activation memory is no formula in the repeats",
            where=f"network {expansion.graph.name!r}",
            why="what a block holds depends on the number of blocks",
            fix="numbers for the repeats",
        )
    return largest(Peak(_there(expansion, name), graph[name]) for name in names)


def widest(expansion: Expansion) -> Expr:
    """The most channels of a map."""
    maps = (node for node in expansion.graph if len(node.shape) == 3)
    return largest(
        Peak(_there(expansion, n.name), expand(expansion.tidy(n.shape[0]))) for n in maps
    )


LARGEST: dict[str, Callable[[Expansion], Expr]] = {
    "peak_activation_bytes": peak_activation_bytes,
    "depth": deepest,
    "widest": widest,
}
"""Figures of a whole network that are not sums over its layers."""


def largest(peaks: Iterable[Peak]) -> Expr:
    """The largest size of what is there; what is never alone in being it is left out."""
    kept: list[Peak] = []
    for peak in dict.fromkeys(peaks):
        if any(_covers(other, peak) for other in kept):
            continue
        kept = [*(other for other in kept if not _covers(peak, other)), peak]
    return Max(*(there * size for there, size in kept), evaluate=False) if kept else _NONE


def _covers(large: Peak, small: Peak) -> bool:
    """Whether it is there whenever the other is, and no smaller: a sum without negative terms."""
    if large.there not in (1, small.there):
        return False
    terms = Add.make_args(large.size - small.size)
    return all(term.as_coeff_Mul()[0] >= 0 and not _signed(term) for term in terms)


def _signed(term: Expr) -> bool:
    """Whether a factor of it could be negative: a difference, or one that is rounded down."""
    return any(
        factor.is_Add or (isinstance(factor, floor) and _may_be_negative(factor.args[0]))
        for factor in Mul.make_args(term)
    )


def _may_be_negative(inside: Expr) -> bool:
    """Whether it is below 0 where all numbers, which are 1 or more, are 1; or might fall."""
    falls = any(t.free_symbols and t.as_coeff_Mul()[0] < 0 for t in Add.make_args(inside))
    return falls or bool(inside.xreplace(dict.fromkeys(inside.free_symbols, Integer(1))) < 0)


def _live(expansion: Expansion, graph: Graph) -> dict[str, Expr]:
    equal = _equal(expansion.tidy.conditions)
    held = memory.analyze(graph, lambda size: equal.get(tidied := expansion.tidy(size), tidied))
    live = (expand(expansion.tidy(size)) for size in held.live_bytes_by_layer)
    return dict(zip(held.names, live, strict=True))


def _equal(conditions: Iterable[Condition]) -> dict[Expr, Expr]:
    """The simplest of the sizes that each must be equal to, or there is no network."""
    alike: dict[Expr, frozenset[Expr]] = {}
    for condition in conditions:
        if condition.relation == "equals" and condition.required:
            pair = (condition.first, condition.second)
            every = frozenset().union(pair, *(alike.get(size, ()) for size in pair))
            alike |= dict.fromkeys(every, every)
    return {size: min(every, key=default_sort_key) for size, every in alike.items()}


def _there(expansion: Expansion, name: str) -> Expr:
    times = expansion.times[name]
    return times if times == 1 else Min(1, times)
