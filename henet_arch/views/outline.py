"""A network as parts within parts: stages, runs of equal blocks, blocks, and layers with what joins
them.

Every drawing is a cut through this tree, and a page lets its reader move the cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from ..analyzers.report import Report
from ..ir.scope import join, leaf, outermost, parent
from ..results.layer_report import LayerReport, Scope
from ..results.report_table import alike, joined_name, signature

Level = Literal["network", "stage", "run", "block", "unit", "layer"]


@dataclass(frozen=True)
class Part:
    """One layer, or parts that stand together."""

    level: Level
    name: str
    """Its name in the graph: `stage1.block2`; a run's is `stage1.block1-3`."""
    layers: tuple[LayerReport, ...]
    parts: tuple[Part, ...] = ()

    @property
    def label(self) -> str:
        """The last word of its name."""
        return leaf(self.name)

    @property
    def main(self) -> LayerReport:
        """The first layer that makes something new; the first one where none does."""
        return next((layer for layer in self.layers if not _joins(layer)), self.layers[0])

    @property
    def merges(self) -> bool:
        """Whether it is one layer that brings several maps together, and what joins it."""
        return self.level == "unit" and len(self.main.node.inputs) > 1


def outline(report: Report) -> Part:
    """The whole network."""
    wiring = _Wiring(report)
    scopes = groupby(report.blocks(), key=lambda scope: outermost(scope.name))
    stages = tuple(_stage(name, list(result), wiring) for name, result in scopes)
    return Part("network", report.graph.name, report.layers, stages)


class _Wiring:
    """Who reads whom."""

    def __init__(self, report: Report) -> None:
        self.readers = report.graph.readers
        self.outputs = set(report.graph.outputs)

    def only_for(self, layer: LayerReport, reader: LayerReport) -> bool:
        """Whether nothing but `reader` reads `layer`."""
        name = layer.node.name
        return self.readers[name] == (reader.node,) and name not in self.outputs


def _stage(name: str, scopes: list[Scope], wiring: _Wiring) -> Part:
    if [scope.name for scope in scopes] == [name] and len(scopes[0].layers) == 1:
        layer = scopes[0].layers[0]
        if layer.node.name == name:
            return Part("unit", name, (layer,))
    parts: list[Part] = []
    for same in alike(scopes, lambda scope: (scope.name == name, _shape(scope, wiring))):
        if same[0].name == name:
            parts += (unit for scope in same for unit in _units(scope, wiring))
            continue
        blocks = tuple(Part("block", s.name, s.layers, tuple(_units(s, wiring))) for s in same)
        parts += [_run(blocks, same)] if len(blocks) > 1 else blocks
    return Part("stage", name, _all(parts), tuple(parts))


def _run(blocks: tuple[Part, ...], scopes: list[Scope]) -> Part:
    name = join(parent(scopes[0].name), joined_name(scopes))
    return Part("run", name, _all(blocks), blocks)


def _all(parts: Sequence[Part]) -> tuple[LayerReport, ...]:
    return tuple(layer for part in parts for layer in part.layers)


class _Shape(NamedTuple):
    """What blocks share when one drawing stands for all of them."""

    signature: object
    units: tuple[int, ...]


def _shape(scope: Scope, wiring: _Wiring) -> _Shape:
    return _Shape(signature(scope), tuple(len(unit.layers) for unit in _units(scope, wiring)))


def _units(scope: Scope, wiring: _Wiring) -> Iterator[Part]:
    """Layers, each with the normalisations and activations that only follow or only precede it."""
    run: list[LayerReport] = []
    for layer in scope.layers:
        if run and not _follows(layer, run, wiring):
            yield _unit(run)
            run = []
        run.append(layer)
    if run:
        yield _unit(run)


def _follows(layer: LayerReport, run: list[LayerReport], wiring: _Wiring) -> bool:
    """Whether `layer` belongs to the layers before it.

    It reads the last of them, which nothing else reads; and either it changes no shape, or all of
    them change none and it is the first that does.
    """
    last = run[-1]
    if layer.node.inputs != (last.node.name,) or not wiring.only_for(last, layer):
        return False
    return _joins(layer) or (bool(layer.node.layer.weights()) and all(map(_joins, run)))


def _joins(layer: LayerReport) -> bool:
    """Whether it works in place on one map: a normalisation, an activation."""
    node = layer.node
    return node.layer.in_place and len(node.inputs) == 1 and node.input_shapes == (node.shape,)


def _unit(layers: list[LayerReport]) -> Part:
    singles = tuple(Part("layer", layer.node.name, (layer,)) for layer in layers)
    unit = Part("unit", "", tuple(layers))
    name = unit.main.node.name
    return Part("unit", name, unit.layers, singles if len(singles) > 1 else ())
