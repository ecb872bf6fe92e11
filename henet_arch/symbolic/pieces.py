"""What the parts of a network with symbols cost: each part once, and how often it is there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

from sympy import Expr

from .. import report
from ..dims import Dim
from ..errors import UnknownNameError, look_up, nearest
from ..layer import Ops
from ..scopes import LayerReport
from .expansion import Expansion


class Piece(NamedTuple):
    """Layers that stand together and are there equally often."""

    name: str
    times: Expr
    """How often."""
    each: Expr
    """The cost of one."""

    @property
    def expr(self) -> Expr:
        return self.times * self.each


def _operation(name: str) -> Callable[[LayerReport], Dim]:
    return lambda layer: getattr(layer.ops, name)  # type: ignore[no-any-return]


COSTS: dict[str, Callable[[LayerReport], Dim]] = {
    "params": lambda layer: layer.params,
    "macs": lambda layer: layer.macs,
    "activations": lambda layer: layer.activations,
    "weight_bytes": lambda layer: layer.weight_bytes,
    **{name: _operation(name) for name in Ops._fields if name != "mac"},
}
"""What formulas there are: sums over layers, by the names that reports have."""

Depth = dict[str, int | None]
DEPTHS: Depth = {"stages": 1, "blocks": 2, "layers": None}


def pieces(
    found: Expansion, cost: str, convention: str, part: str = "", depth: int | None = 2
) -> list[Piece]:
    """What the pieces of `part` cost, or those of the whole network.

    Pieces are the layers below one name of at most `depth` parts, or single layers for None.

    Raises:
        UnknownNameError: there is no such cost, convention or part.
    """
    of = look_up(cost, COSTS, "cost")
    layers = [x for x in report.analyze(found.graph, convention).layers if within(x.node.name, part)]
    if not layers:
        names = _scopes([node.name for node in found.graph])
        raise UnknownNameError(f"no part is named {part!r}", fix=nearest(part, names))

    def key(layer: LayerReport) -> tuple[str, Expr]:
        name = layer.node.name
        return scope(name, depth), found.times[name]

    return [
        Piece(name, times, found.tidy.factored(sum(map(of, run))))
        for (name, times), run in groupby(layers, key)
    ]


def scope(name: str, depth: int | None) -> str:
    """The first `depth` parts of a layer's name, of which its last part is none."""
    parts = name.split(".")
    return name if depth is None else ".".join(parts[: min(depth, max(1, len(parts) - 1))])


def within(name: str, part: str) -> bool:
    """Whether the layer `name` is `part`, or in it."""
    return not part or name == part or name.startswith(f"{part}.")


def _scopes(names: list[str]) -> set[str]:
    return {scope(name, depth) for name in names for depth in DEPTHS.values()}
