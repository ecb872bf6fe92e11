"""The HENet paper's tables beside ours, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..analyzers.report import Report, analyze
from ..ir.dims import format_shape
from ..ir.scope import join, words
from ..results.layer_report import Scope
from ..results.table import Column, Row, Table
from ..spec.build import build
from ..spec.presets import preset
from .accuracies import Accuracies
from .tables import read, spec_of

SLIPS = {
    ("Table 4", "shufflenet-r3-c100", "#param"): (
        "the paper's slip: 100 classes add 17,370 parameters to each network, which fits its other "
        "six cells, and 515,842 + 17,370 = 533,212"
    )
}
"""Cells that the paper prints against its own arithmetic, with the evidence."""


@dataclass(frozen=True)
class Cell:
    """One printed figure and ours."""

    table: str
    row: str
    column: str
    printed: str
    computed: str
    exact: int | None = None
    """What the built network has, where the paper counted something else."""

    @property
    def equal(self) -> bool:
        return self.printed == self.computed

    @property
    def slip(self) -> str:
        """Why the paper, and not the count, is wrong; or ""."""
        return SLIPS.get((self.table, self.row, self.column), "")


class Reproduction:
    """Every static cell of Tables 2 to 5, and times and accuracies where they were measured."""

    def __init__(
        self, times: PaperTimes | None = None, accuracies: Accuracies | None = None
    ) -> None:
        self.times = times
        self.accuracies = accuracies
        self.layout = tuple(_layout(analyze(build(preset("henet-r3")))))
        self.sizes = tuple(cell for row in read("tables.csv") for cell in _sizes(row))

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (*self.layout, *self.sizes)

    @property
    def holds(self) -> bool:
        """Whether every cell is equal or a known slip of the paper."""
        return all(cell.equal or cell.slip for cell in self.cells)

    def tables(self) -> list[Table]:
        tables = [self._layout_table(), *(self._sizes_table(name) for name in self._names())]
        notes = [
            f"Table 2: {_summary(self.layout)}; Tables 3 to 5: {_summary(self.sizes)}",
            "#param: in thousands, cut off; #MFLOPS: multiply-accumulates in millions, rounded",
            "ours: counted as the paper did; built: counted as exact",
        ]
        if self.times:
            tables.insert(2, self.times.table())
        if self.accuracies:
            tables += self.accuracies.tables()
        return [*tables, Table("static figures of the HENet paper", (), (), notes)]

    def to_dict(self) -> dict[str, Any]:
        counts = {"cells": len(self.cells), "equal": sum(cell.equal for cell in self.cells)}
        result = {"schema": 1, **counts, "holds": self.holds, "figures": self._figures()}
        if self.times:
            result["times"] = self.times.to_dict()
        if self.accuracies:
            result["accuracies"] = self.accuracies.to_dict()
        return result

    def records(self) -> list[dict[str, Any]]:
        measured = [part for part in (self.times, self.accuracies) if part]
        return [*self._figures(), *(record for part in measured for record in part.records())]

    def _figures(self) -> list[dict[str, Any]]:
        return [{**asdict(cell), "equal": cell.equal, "note": cell.slip} for cell in self.cells]

    def _names(self) -> dict[str, None]:
        return dict.fromkeys(cell.table for cell in self.sizes)

    def _layout_table(self) -> Table:
        rows: dict[str, list[Cell]] = {}
        for cell in self.layout:
            rows.setdefault(cell.row, []).append(cell)
        columns = ("output", "S", "repeat", "m", "n")
        shown = [
            Row((row, *({cell.column: _told(cell) for cell in cells}.get(c) for c in columns)))
            for row, cells in rows.items()
        ]
        titles = (Column("layer"), *(Column(name, number=name != "output") for name in columns))
        return Table("Table 2: HENet Repeat 3", titles, shown, [_summary(self.layout)])

    def _sizes_table(self, name: str) -> Table:
        cells = [cell for cell in self.sizes if cell.table == name]
        columns = (
            Column("network"),
            Column("#param", number=True),
            Column("ours", number=True),
            Column("built", number=True, rank=1),
            Column("#MFLOPS", number=True),
            Column("ours", number=True),
            Column("built", number=True, rank=1),
        )
        pairs = zip(cells[::2], cells[1::2], strict=True)
        rows = [Row((pair[0].row, *(text for c in pair for text in _columns(c)))) for pair in pairs]
        slips = [f"{cell.row} {cell.column}: {cell.slip}" for cell in cells if cell.slip]
        return Table(f"{name}: {_datasets()[name]}", columns, rows, [_summary(cells), *slips])


@dataclass(frozen=True)
class PaperTimes:
    """The time column of Table 3 beside ours, as measured on some machine."""

    how: str
    """What ran the networks."""
    milliseconds: dict[str, float]
    """Our time of one image, by network."""

    @staticmethod
    def networks() -> list[str]:
        """The networks of Table 3, whose times Tables 4 and 5 repeat."""
        return list(_printed_times())

    def table(self) -> Table:
        """Ratios say more than times: ours are of another machine."""
        titles = ("paper ms", "ours ms", f"{self.networks()[0]} / it, paper", "ours")
        columns = (Column("network"), *(Column(title, number=True) for title in titles))
        rows = [Row((name, *(f"{n:.3f}" for n in numbers))) for name, *numbers in self._rows()]
        base = self.networks()[0]
        notes = [
            f"below 1 {base} is faster, above 1 slower; other runtimes, other orders",
            self.how,
        ]
        return Table("Table 3: time of one image on one core", columns, rows, notes)

    def to_dict(self) -> dict[str, Any]:
        """By network, with the ratios."""
        keys = ("name", "paper_ms", "ms", "paper_ratio", "ratio")
        rows = [dict(zip(keys, row, strict=True)) for row in self._rows()]
        return {"how": self.how, "networks": rows}

    def records(self) -> list[dict[str, Any]]:
        """The times as cells of Table 3, with the keys that the others have."""
        return [
            {
                **asdict(Cell("Table 3", name, "time, ms", f"{paper:.3f}", f"{ours:.3f}")),
                "equal": None,
                "note": self.how,
            }
            for name, paper, ours, *_ in self._rows()
        ]

    def _rows(self) -> Iterator[tuple[str, float, float, float, float]]:
        printed, ours = _printed_times(), self.milliseconds
        base = self.networks()[0]
        for name, paper in printed.items():
            yield name, paper, ours[name], printed[base] / paper, ours[base] / ours[name]


def _printed_times() -> dict[str, float]:
    """The paper's seconds for 1,000 images, which are milliseconds for one."""
    rows = [row for row in read("tables.csv") if row["table"] == "3"]
    return {spec_of(row).title: float(row["seconds_per_1000_images"]) for row in rows}


def _columns(cell: Cell) -> tuple[str, str, int | None]:
    return cell.printed, cell.computed if cell.equal else f"{cell.computed} !", cell.exact


def _told(cell: Cell) -> str:
    return cell.printed if cell.equal else f"{cell.printed}, ours {cell.computed} !"


def _summary(cells: tuple[Cell, ...] | list[Cell]) -> str:
    return f"{sum(cell.equal for cell in cells)} of {len(cells)} cells equal"


def _sizes(row: dict[str, str]) -> Iterator[Cell]:
    """`#param` in thousands, cut off; `#MFLOPS` in millions, rounded: as the paper prints them."""
    spec = spec_of(row)
    graph = build(spec)
    paper, exact = analyze(graph, "paper"), analyze(graph)
    table, name = f"Table {row['table']}", spec.title
    params, macs = f"{paper.params // 1000}K", f"{paper.macs / 1e6:.1f}"
    yield Cell(table, name, "#param", f"{row['params_thousands']}K", params, int(exact.params))
    yield Cell(table, name, "#MFLOPS", row["macs_millions"], macs, int(exact.macs))


def _layout(report: Report) -> Iterator[Cell]:
    """The cells of Table 2, which prints a block's own width before its skip joins another."""
    for row in read("table2.csv"):
        stage, *rest = words(row["part"])
        leaf = join(*rest)
        scopes = [
            scope
            for scope in report.blocks()
            if scope.name == stage or (leaf and scope.name.startswith(f"{stage}.{leaf}"))
        ]
        label = f"{row['row']} {leaf}".strip()
        for column, value in _computed(scopes, grouped=bool(leaf)).items():
            if row[column]:
                name = {"stride": "S"}.get(column, column)
                yield Cell("Table 2", label, name, row[column], value)


def _computed(scopes: list[Scope], grouped: bool) -> dict[str, str]:
    nodes = [layer.node for layer in scopes[0].layers]
    convolutions = [node for node in nodes if node.layer.window]
    channels, *plane = (convolutions or nodes)[-1].shape
    result = {"output": format_shape((*plane, channels)), "repeat": str(len(scopes))}
    if grouped:
        first, second = (node.layer.attributes() for node in convolutions)
        result |= {"stride": str(first["stride"][0] * second["stride"][0])}
        result |= {"m": str(first["groups"]), "n": str(second["groups"])}
    return result


def _datasets() -> dict[str, str]:
    return {f"Table {row['table']}": row["dataset"] for row in read("tables.csv")}
