"""What the parts of a network with symbols cost: each part once, and how often it is there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

from sympy import Add, Expr, Integer

from ..analyzers import report
from ..ir.dims import Dim
from ..ir.layer import Ops
from ..ir.scope import cut, is_inside, outermost
from ..results.layer_report import LayerReport
from ..support.errors import ShapeError, UnknownNameError, look_up, nearest
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
    return lambda layer: getattr(layer.ops, name)


COSTS: dict[str, Callable[[LayerReport], Dim]] = {
    "params": lambda layer: layer.params,
    "macs": lambda layer: layer.macs,
    "activations": lambda layer: layer.activations,
    "weight_bytes": lambda layer: layer.weight_bytes,
    **{name: _operation(name) for name in Ops._fields if name != "mac"},
}
"""What formulas there are: sums over layers, by the names that reports have."""

OPERATIONS = ("macs", *(name for name in Ops._fields if name != "mac"))
"""Those of what layers compute, which is unknown of some."""

SIZES = {"channels": 0, "height": 1, "width": 2}
"""The sizes of a part's output, for which there are formulas too."""

DEPTHS: dict[str, int | None] = {"stages": 1, "blocks": 2, "layers": None}
"""How many parts of a layer's name make a piece; None for all."""


def pieces(
    expansion: Expansion, cost: str, convention: str, part: str = "", depth: int | None = 2
) -> list[Piece]:
    """What the pieces of `part` cost, or those of the whole network.

    Pieces are the layers below one name of at most `depth` parts, or single layers for None.

    Raises:
        UnknownNameError: there is no such cost, convention or part.
    """
    of = look_up(cost, COSTS, "cost")
    inside = set(_nodes(expansion, part))
    counted = expansion.layers
    if convention != "exact":
        uncounted = expansion.source.uncounted
        counted = report.analyze(expansion.graph, convention, uncounted=uncounted).layers
    layers = [layer for layer in counted if layer.node.name in inside]

    def key(layer: LayerReport) -> tuple[str, Expr]:
        name = layer.node.name
        return cut(name, depth), expansion.times[name]

    return [
        Piece(name, times, expansion.tidy.factored(sum(map(of, run))))
        for (name, times), run in groupby(layers, key)
    ]


def stages(blocks: list[Piece]) -> list[Piece]:
    """The same by stage, all blocks of each summed."""
    runs = groupby(blocks, lambda piece: outermost(piece.name))
    return [Piece(name, Integer(1), Add(*(piece.expr for piece in run))) for name, run in runs]


def size(expansion: Expansion, name: str, part: str = "") -> Expr:
    """One of the sizes of the output of `part`, or of the network.

    Raises:
        UnknownNameError: there is no such part.
        ShapeError: its output is a vector, which has no height.
    """
    last = _nodes(expansion, part)[-1] if part else expansion.graph.outputs[0]
    shape = expansion.graph[last].shape
    if SIZES[name] >= len(shape):
        raise ShapeError(f"{last} makes a vector, which has no {name}")
    return expansion.tidy(shape[SIZES[name]])


def _nodes(expansion: Expansion, part: str) -> list[str]:
    """The layers of `part`, or all."""
    names = [node.name for node in expansion.graph]
    inside = [name for name in names if is_inside(name, part)]
    if not inside:
        options = {cut(name, depth) for name in names for depth in DEPTHS.values()}
        raise UnknownNameError(f"no part is named {part!r}", fix=nearest(part, options))
    return inside
