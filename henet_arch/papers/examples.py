"""Files with the blocks of known networks, with what is built of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..analyzers.report import Report, analyze
from ..results.table import Column, Row, Table
from ..spec.blocks.examples import examples, text_of
from ..spec.build import build
from ..spec.families import networks
from ..spec.files import parse


@dataclass(frozen=True)
class Example:
    """A file, and the network that it is as it stands."""

    name: str
    source: str
    """Its first line: what it is, and of which paper."""
    blocks: int
    report: Report


class Examples:
    """All files of blocks that come with the package."""

    def __init__(self) -> None:
        self.entries = [_example(name) for name in examples()]

    def tables(self) -> list[Table]:
        columns = (
            Column("example"),
            Column("blocks", number=True, rank=2),
            Column("params", number=True, rank=1),
            Column("MACs", number=True, rank=1),
            Column("what it is", prose=True),
        )
        rows = [
            Row((e.name, e.blocks, e.report.params, e.report.macs, e.source)) for e in self.entries
        ]
        first = next(iter(networks(self.entries[0].name)))
        note = f"henet-arch spec {first} --blocks prints one with the values of a preset"
        return [Table("examples", columns, rows, [note])]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": 1, "examples": self.records()}

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "name": entry.name,
                "blocks": entry.blocks,
                "params": entry.report.params,
                "macs": entry.report.macs,
                "source": entry.source,
            }
            for entry in self.entries
        ]


def _example(name: str) -> Example:
    text = text_of(name)
    spec = parse(text, "toml")
    source = text.partition("\n")[0].removeprefix("# ")
    return Example(name, source, text.count("\n[blocks."), analyze(build(spec)))
