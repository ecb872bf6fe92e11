"""What the papers of the families print, beside ours, cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from ..analyzers.report import Report, analyze
from ..ir.dims import format_shape
from ..ir.scope import is_inside
from ..results.layer_report import LayerReport
from ..results.table import Column, Row, Table
from ..spec.build import build
from ..spec.families import family, networks
from ..spec.presets import preset
from ..support.errors import UnknownNameError
from .tables import read

_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9}


@dataclass(frozen=True)
class Figure:
    """One printed figure and ours, in the unit and with the digits of the print."""

    table: str
    row: str
    network: str
    figure: str
    printed: str
    computed: str
    note: str
    """Why they differ, where they do."""

    @property
    def equal(self) -> bool:
        return self.printed == self.computed


class Published:
    """Every figure that we hold of one family's paper."""

    def __init__(self, of: str) -> None:
        """Raises UnknownNameError: there is no family `of`, or its paper prints no such table."""
        source = family(of).source
        chosen = [row for row in read("published.csv") if row["network"] in networks(of)]
        if not chosen:
            raise UnknownNameError(
                f"no printed figures of family {of}",
                why=f"we hold none of {source}",
                fix=f"henet-arch list {of} has its sizes; the HENet paper's are in "
                "henet-arch reproduce",
            )
        self.family, self.source = of, source
        self.figures = tuple(map(_figure, chosen))

    @property
    def holds(self) -> bool:
        """Whether every figure is equal, or it is known why not."""
        return all(figure.equal or figure.note for figure in self.figures)

    def tables(self) -> list[Table]:
        names = dict.fromkeys(figure.table for figure in self.figures)
        tables = [self._table(name) for name in names]
        equal = sum(figure.equal for figure in self.figures)
        notes = [
            f"{equal} of {len(self.figures)} figures equal, in the unit and digits of the print",
            f"the family follows {self.source}",
        ]
        if any(figure.figure.endswith("macs") for figure in self.figures):
            text = "MACs: multiply-accumulates, counted as exact; conv MACs: of convolutions only"
            notes.insert(1, text)
        return [*tables, Table(f"{self.family}: printed and ours", (), (), notes)]

    def to_dict(self) -> dict[str, Any]:
        equal = sum(figure.equal for figure in self.figures)
        counts = {"figures": len(self.figures), "equal": equal, "holds": self.holds}
        return {"schema": 1, "family": self.family, **counts, "rows": self.records()}

    def records(self) -> list[dict[str, Any]]:
        return [{**asdict(figure), "equal": figure.equal} for figure in self.figures]

    def _table(self, name: str) -> Table:
        figures = [figure for figure in self.figures if figure.table == name]
        columns = (
            Column("row", prose=True),
            Column("network", wide=True),
            Column("figure"),
            Column("printed", number=True),
            Column("ours", number=True),
        )
        rows = [
            Row((f.row, f.network, _FIGURES[f.figure].title, f.printed, _told(f))) for f in figures
        ]
        notes = [f"{f.row}: {f.note}" for f in figures if f.note]
        return Table(name, columns, rows, notes)


@dataclass(frozen=True)
class _Kind:
    """A figure that papers print: how it is called, and how it is taken from layers."""

    title: str
    of: Callable[[Sequence[LayerReport], str], str]


def _told(figure: Figure) -> str:
    return figure.computed if figure.equal else f"{figure.computed} !"


def _figure(row: dict[str, str]) -> Figure:
    layers = _layers(_report(row["network"], row["changes"]), row["scope"].split())
    computed = _FIGURES[row["figure"]].of(layers, row["printed"])
    kept = ("table", "row", "network", "figure", "printed", "note")
    return Figure(computed=computed, **{key: row[key] for key in kept})


def _layers(report: Report, scopes: Sequence[str]) -> Sequence[LayerReport]:
    """The layers within any of `scopes`; all of them where there is none."""
    result = [
        layer
        for layer in report.layers
        if any(is_inside(layer.node.name, scope) for scope in scopes)
    ]
    if scopes and not result:
        raise UnknownNameError(f"{report.graph.name} has no layers in {', '.join(scopes)}")
    return result if scopes else report.layers


@cache
def _report(network: str, changes: str) -> Report:
    spec = preset(network)
    if changes:
        key, _, value = changes.partition("=")
        spec = spec.replace(**{key: int(value) if value.isdecimal() else value})
    return analyze(build(spec))


def _output(layers: Sequence[LayerReport], printed: str) -> str:
    """The last layer's shape, with as many sizes as are printed."""
    return format_shape(layers[-1].node.shape[-len(printed.split("x")) :])


def _counted(count: Callable[[LayerReport], Any]) -> Callable[[Sequence[LayerReport], str], str]:
    def of(layers: Sequence[LayerReport], printed: str) -> str:
        total = sum(count(layer) for layer in layers)
        unit = printed[-1]
        if unit not in _UNITS:
            return f"{total:,}"
        digits = Decimal(printed[:-1])
        return f"{(Decimal(total) / _UNITS[unit]).quantize(digits, ROUND_HALF_UP)}{unit}"

    return of


_FIGURES = {
    "output": _Kind("output", _output),
    "params": _Kind("params", _counted(lambda layer: layer.params)),
    "macs": _Kind("MACs", _counted(lambda layer: layer.macs)),
    "conv_macs": _Kind(
        "conv MACs", _counted(lambda layer: layer.macs if layer.node.layer.window else 0)
    ),
    "elements": _Kind("elements", _counted(lambda layer: layer.activations)),
}
