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

from sympy import Expr, Integer

from ..analyzers import report
from ..ir.dims import Condition, Shape, conditions
from ..ir.graph import Graph, Node
from ..ir.layer import Layer
from ..results.layer_report import LayerReport
from ..spec import build as engine
from ..spec.spec import Spec
from ..support.errors import HenetArchError, LimitError, RuleError
from .names import GROUPS, changes, numbers, place, symbol
from .tidy import Tidy

_MOST_BLOCKS = 1000
"""Blocks whose repeats are numbers: symbols take a hundred times as long as numbers."""

Ties = tuple[tuple[str, str], ...]
"""Numbers that are equal to the symbol that stands second."""

Facts = tuple[Layer, tuple[Shape, ...], Shape]


@dataclass(frozen=True, eq=False)
class Expansion:
    """A graph in which each layer stands for a number of equal ones, and those beside it."""

    spec: Spec
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
def expansion(spec: Spec, symbols: tuple[str, ...], ties: Ties = ()) -> Expansion:
    """The network of `spec` with `symbols` in place of those numbers, and of those tied to them.

    Raises:
        RuleError: a rule compares or rounds one of them.
        ShapeError: the other numbers do not go together.
        LimitError: there are too many blocks.
    """
    counts = _counts(symbols)
    _limit(sum(spec.spread("repeats")) - sum(numbers(spec)[name] for name in counts))
    graphs, taken = _tried(spec, symbols, ties)
    with conditions() as asked:
        one, two, three = graphs if counts else graphs * 3
        times = {node.name: Integer(1) for node in two}
        times |= _repeated(spec, graphs, counts) if counts else {}
        layers = report.analyze(two).layers
    return Expansion(spec, symbols, ties, (one, two, three), layers, times, Tidy((*taken, *asked)))


def _tried(spec: Spec, symbols: tuple[str, ...], ties: Ties) -> tuple[list[Graph], list[Condition]]:
    """The networks of all attempts, and what they take for granted.

    What a further block alone requires is another network's affair where there is no further block.
    """
    taken = [Condition("at-most", Integer(1), symbol(name)) for name in _counts(symbols)]
    graphs: list[Graph] = []
    for attempt in attempts(spec, symbols, ties):
        with conditions() as asked:
            try:
                graphs.append(attempt())
            except (TypeError, HenetArchError) as error:
                raise _refusal(spec, symbols, error) from None
        taken += asked if len(graphs) == 1 else (c._replace(required=False) for c in asked)
    return graphs, taken


def permitted(spec: Spec) -> tuple[str, ...]:
    """All numbers of `spec` that can be symbols together."""
    names = tuple(numbers(spec))
    with suppress(HenetArchError):
        return expansion(spec, names).symbols
    found: tuple[str, ...] = ()
    for letters in ("HW", "K", "C", *(name for name in names if name[0] == "r")):
        more = [name for name in names if name == letters or name[0] in letters]
        with suppress(HenetArchError):
            found = expansion(spec, tuple(n for n in names if n in found or n in more)).symbols
    return found


def _limit(blocks: int) -> None:
    if blocks > _MOST_BLOCKS:
        raise LimitError(
            f"repeats that are numbers add up to {blocks:,} blocks",
            why=f"the limit of formulas is {_MOST_BLOCKS:,}",
            fix="repeats as symbols, which cost no more than a few blocks",
        )


def _counts(symbols: Iterable[str]) -> list[str]:
    """Those that are repeats."""
    return [name for name in symbols if name[0] == "r"]


def attempts(spec: Spec, symbols: tuple[str, ...], ties: Ties = ()) -> list[Callable[[], Graph]]:
    """Build the network with symbols, and with one, two and three blocks where they are counted."""
    counts = _counts(symbols)
    sizes = {name: symbol(name) for name in symbols if name not in counts}
    sizes |= {name: symbol(other) for name, other in ties}
    runs = (1, 2, 3) if counts else (1,)
    return [partial(_expand, spec, {**sizes, **dict.fromkeys(counts, run)}) for run in runs]


def _expand(spec: Spec, values: dict[str, object]) -> Graph:
    return engine.expand(spec.model_copy(update={"name": spec.title, **changes(spec, values)}))


def _repeated(spec: Spec, graphs: list[Graph], counts: list[str]) -> dict[str, Expr]:
    """How often the layers of each second block are there."""
    once, twice, thrice = ({node.name: node for node in graph} for graph in graphs)
    second = _by_stage(node for name, node in twice.items() if name not in once)
    third = _by_stage(node for name, node in thrice.items() if name not in twice)
    found: dict[str, Expr] = {}
    for name in counts:
        stage = place(spec, name)
        if list(map(_facts, second[stage])) != list(map(_facts, third[stage])):
            raise _uneven(spec, name, f"its third block of {stage} is not its second one again")
        found |= {node.name: symbol(name) - 1 for node in second[stage]}
    for few, more in ((once, twice), (twice, thrice)):
        for key, node in few.items():
            if _facts(node) != _facts(more[key]):
                raise _uneven(spec, counts[0], f"{key} depends on the number of blocks before it")
    return found


def _by_stage(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.name.partition(".")[0], []).append(node)
    return found


def _facts(node: Node) -> Facts:
    return node.layer, node.input_shapes, node.shape


def _uneven(spec: Spec, name: str, why: str) -> RuleError:
    return RuleError(
        f"repeats cannot be the symbol {name} in family {spec.family}",
        where=f"network {spec.title!r}",
        why=why,
        fix=f"a number for {name}, which the spec has: leave it out of the symbols",
    )


def _refusal(spec: Spec, symbols: tuple[str, ...], error: Exception) -> HenetArchError:
    """What to say of symbols that a rule cannot work with: those to blame, one by one."""
    if isinstance(error, HenetArchError) and not _numbers_work(spec):
        return error
    blamed = [name for name in symbols if len(symbols) > 1 and not _works(spec, name)]
    names = blamed or list(symbols)
    keys = ", ".join(dict.fromkeys(GROUPS[name[0]] for name in names))
    return RuleError(
        f"{keys} cannot be the symbol{'s' * (len(names) > 1)} {', '.join(names)} "
        f"in family {spec.family}",
        where=f"network {spec.title!r}",
        why=f"a rule compares or rounds it: {error.args[0] if error.args else error}",
        fix=f"numbers for {', '.join(names)}, which the spec has: leave them out of the symbols",
    )


def _numbers_work(spec: Spec) -> bool:
    with suppress(HenetArchError):
        engine.expand(spec)
        return True
    return False


def _works(spec: Spec, name: str) -> bool:
    with suppress(HenetArchError):
        expansion(spec, (name,))
        return True
    return False
