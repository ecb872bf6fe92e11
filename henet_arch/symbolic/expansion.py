"""A network with symbols in it: the rules run on them as they run on numbers.

Repeats are symbols too. The stage is built with one, two and three blocks. Where the third block is
the second one again, layer by layer and shape by shape, and nothing else differs, a further block
meets what the third one met, and so on for all of them: the stage costs its first block and
`r - 1` times the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial

from sympy import Expr, Integer, sympify

from ..analyzers import report
from ..ir.dims import Condition, Dim, Shape, conditions
from ..ir.graph import Graph, Node
from ..ir.layer import Layer
from ..ir.scope import outermost
from ..results.layer_report import LayerReport
from ..support.errors import HenetArchError, RuleError, ShapeError
from .names import GROUPS, symbol
from .openable import Openable
from .tidy import Tidy

Ties = tuple[tuple[str, str], ...]
"""Numbers that are equal to the symbol that stands second."""

Facts = tuple[Layer, tuple[Shape, ...], Shape]


@dataclass(frozen=True, eq=False)
class Expansion:
    """A graph in which each layer stands for a number of equal ones, and those beside it."""

    source: Openable
    symbols: tuple[str, ...]
    ties: Ties
    graphs: tuple[Graph, Graph, Graph]
    """With one, two and three blocks where they are counted."""
    layers: tuple[LayerReport, ...]
    """The graph's layers with their costs as they are built."""
    times: dict[str, Expr]
    """How often each layer is there."""
    tidy: Tidy

    @property
    def graph(self) -> Graph:
        """The one with two blocks."""
        return self.graphs[1]


@lru_cache(maxsize=64)
def expansion(source: Openable, symbols: tuple[str, ...], ties: Ties = ()) -> Expansion:
    """The network of `source` with `symbols` in place of those numbers, and of those tied to them.

    Raises:
        RuleError: a rule compares or rounds one of them.
        ShapeError: the other numbers do not go together.
        LimitError: there are too many blocks.
    """
    counts = _counts(symbols)
    source.limit(counts)
    graphs, taken = _tried(source, symbols, ties)
    with conditions() as asked:
        one, two, three = graphs if counts else graphs * 3
        times = {node.name: Integer(1) for node in two}
        times |= _repeated(source, graphs, counts) if counts else {}
        layers = _counted(source, symbols, two)
    tidy = Tidy((*taken, *asked))
    _refuse_pinned(source, tidy)
    return Expansion(source, symbols, ties, (one, two, three), layers, times, tidy)


def _tried(
    source: Openable, symbols: tuple[str, ...], ties: Ties
) -> tuple[list[Graph], list[Condition]]:
    """The networks of all attempts, and what they take for granted.

    What a further block alone requires is another network's affair where there is no further block.
    """
    taken = [Condition("at-most", Integer(1), symbol(name)) for name in _counts(symbols)]
    graphs: list[Graph] = []
    for attempt in attempts(source, symbols, ties):
        with conditions() as asked:
            try:
                graphs.append(attempt())
            except (TypeError, HenetArchError) as error:
                raise _refusal(source, symbols, error) from None
        taken += asked if len(graphs) == 1 else (c._replace(required=False) for c in asked)
    return graphs, taken


def _counted(source: Openable, symbols: tuple[str, ...], graph: Graph) -> tuple[LayerReport, ...]:
    """The layers with their costs.

    Raises:
        RuleError: one of them is counted with numbers alone.
    """
    try:
        return report.analyze(graph, uncounted=source.uncounted).layers
    except TypeError as error:
        name = next(node.name for node in graph if not _is_counted(node))
        raise _refused(source, list(symbols), f"{name}: {error}") from None


def _is_counted(node: Node) -> bool:
    with suppress(TypeError):
        node.layer.ops(node.input_shapes, node.shape)
        return True
    return False


def permitted(source: Openable) -> tuple[str, ...]:
    """All numbers of `source` that can be symbols together."""
    names = tuple(source.numbers())
    with suppress(HenetArchError):
        return expansion(source, names).symbols
    result: tuple[str, ...] = ()
    sizes = [[name for name in names if name[0] in letters] for letters in ("HW", "K", "C")]
    for more in (*sizes, *([name] for name in names if name[0] == "r")):
        with suppress(HenetArchError):
            result = expansion(source, tuple(n for n in names if n in result or n in more)).symbols
    return result


def _counts(symbols: Iterable[str]) -> list[str]:
    """Those that are repeats."""
    return [name for name in symbols if name[0] == "r"]


def attempts(
    source: Openable, symbols: tuple[str, ...], ties: Ties = ()
) -> list[Callable[[], Graph]]:
    """Build the network with symbols, and with one, two and three blocks where they are counted."""
    counts = _counts(symbols)
    sizes: dict[str, Dim] = {name: symbol(name) for name in symbols if name not in counts}
    sizes |= {name: symbol(other) for name, other in ties}
    runs = (1, 2, 3) if counts else (1,)
    return [partial(source.expand, {**sizes, **dict.fromkeys(counts, run)}) for run in runs]


def _repeated(source: Openable, graphs: list[Graph], counts: list[str]) -> dict[str, Expr]:
    """How often the layers of each second block are there."""
    once, twice, thrice = ({node.name: node for node in graph} for graph in graphs)
    second = _by_stage(node for name, node in twice.items() if name not in once)
    third = _by_stage(node for name, node in thrice.items() if name not in twice)
    result: dict[str, Expr] = {}
    for name in counts:
        stage = source.stage(name)
        if list(map(_facts, second[stage])) != list(map(_facts, third[stage])):
            raise _uneven(source, name, f"its third block of {stage} is not its second one again")
        result |= {node.name: symbol(name) - 1 for node in second[stage]}
    for few, more in ((once, twice), (twice, thrice)):
        for key, node in few.items():
            if _facts(node) != _facts(more[key]):
                raise _uneven(source, counts[0], f"{key} depends on the number of blocks before it")
    return result


def _by_stage(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    result: dict[str, list[Node]] = {}
    for node in nodes:
        result.setdefault(outermost(node.name), []).append(node)
    return result


def _facts(node: Node) -> Facts:
    return node.layer, node.input_shapes, node.shape


def _uneven(source: Openable, name: str, why: str) -> RuleError:
    return RuleError(
        f"repeats cannot be the symbol {name} in {source.scope}",
        where=f"network {source.title!r}",
        why=why,
        fix=f"a number for {name}, which the {source.kind} has: leave it out of the symbols",
    )


def _refuse_pinned(source: Openable, tidy: Tidy) -> None:
    """Refuse a symbol that only one number can stand for.

    Raises:
        RuleError: a layer fits no other size.
    """
    for condition in tidy.conditions:
        if condition.relation != "equals":
            continue
        difference = sympify(condition.first - condition.second)
        names = [str(each) for each in difference.free_symbols]
        if len(names) == 1 and difference.is_polynomial():
            why = f"{condition.first} would have to be {condition.second}"
            raise _refused(source, names, _misfit(source, names[0]) or why)


def _misfit(source: Openable, name: str) -> str:
    """What a layer says to the next larger number."""
    try:
        source.expand({name: source.numbers()[name] + 1})
    except ShapeError as error:
        return f"{error.where}: {error.what}"
    return ""


def _refusal(source: Openable, symbols: tuple[str, ...], error: Exception) -> HenetArchError:
    """What to say of symbols that a network cannot have: those to blame, one by one."""
    if isinstance(error, HenetArchError) and not _numbers_work(source):
        return error
    blamed = [name for name in symbols if len(symbols) > 1 and not _works(source, name)]
    what = error.args[0] if error.args else error
    if isinstance(error, HenetArchError) and error.where:
        what = f"{error.where}: {error.what}"
    why = f"{source.obstacle}: {what}"
    return _refused(source, blamed or list(symbols), why)


def _refused(source: Openable, names: list[str], why: str) -> RuleError:
    keys = ", ".join(dict.fromkeys(GROUPS[name[0]] for name in names))
    listed = ", ".join(names)
    return RuleError(
        f"{keys} cannot be the symbol{'s' * (len(names) > 1)} {listed} in {source.scope}",
        where=f"network {source.title!r}",
        why=why,
        fix=f"numbers for {listed}, which the {source.kind} has: leave them out of the symbols",
    )


def _numbers_work(source: Openable) -> bool:
    with suppress(HenetArchError):
        source.expand({})
        return True
    return False


def _works(source: Openable, name: str) -> bool:
    with suppress(HenetArchError):
        expansion(source, (name,))
        return True
    return False
