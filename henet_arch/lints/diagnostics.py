"""What lint rules found in a network: as tables, as data, and with the places in a spec file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from ..analyzers.machine import Machine
from ..importers.load import Source, importer_of, load, may_be_preset, resolve, spec_of
from ..importers.spec_file import IMPORTER as SPEC_FILE
from ..ir.graph import Graph, Place
from ..ir.scope import parent
from ..results.shown import Shown
from ..results.table import Cell, Column, Row, Share, Table
from ..spec.files import line_of
from ..spec.spec import Spec
from ..support.files import read_text
from ..support.limits import LARGEST_SPEC_FILE, MAX_BLOCKS
from .remedies import options, remedy
from .rule import SEVERITIES, TYPICAL, Context, Finding, Rule, Severity
from .selection import chosen


@dataclass(frozen=True)
class Origin:
    """The file that a network comes from."""

    path: Path
    text: str
    """What a spec file says; empty for any other file."""

    def line(self, keys: Sequence[str]) -> int:
        """The line with the first of `keys` that stands in the file; 1 if none does."""
        lines = (line_of(key, self.text) for key in keys)
        return next(filter(None, lines), 1)


def origin(source: object) -> Origin | None:
    """The file that `source` names, if it names one.

    Raises:
        FileError: it cannot be read.
    """
    if not isinstance(source, str | PathLike) or may_be_preset(str(source)):
        return None
    path = Path(source)
    if not path.exists():  # it names an object of Python
        return None
    is_spec = importer_of(path) is SPEC_FILE
    return Origin(path, read_text(path, LARGEST_SPEC_FILE) if is_spec else "")


class Diagnostic(NamedTuple):
    """A finding with the rule that found it."""

    rule: Rule
    finding: Finding

    @property
    def advice(self) -> str:
        """What to do here, or what the rule says in general."""
        return self.finding.advice or self.rule.advice

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.rule.id,
            "rule": self.rule.name,
            "severity": self.rule.severity,
            "layers": list(self.finding.layers),
            "what": self.finding.what,
            "advice": self.advice,
            "share": self.finding.share,
            "of": self.rule.of or None,
        }


@dataclass(frozen=True)
class Diagnostics(Shown):
    """All that the rules found in one network, by rule and in the graph's order."""

    graph: Graph
    rules: tuple[Rule, ...]
    """The rules that were asked, by id."""
    diagnostics: tuple[Diagnostic, ...]
    spec: Spec | None = None
    """What the network was built from, where that is known."""
    machine: Machine = TYPICAL
    origin: Origin | None = None

    @cached_property
    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity."""
        severities = Counter(each.rule.severity for each in self.diagnostics)
        return {severity: severities[severity] for severity in SEVERITIES}

    @property
    def holds(self) -> bool:
        """Whether there is no error."""
        return not self.counts["error"]

    @cached_property
    def fixes(self) -> dict[str, str]:
        """By id, the options after which a rule that found something finds nothing.

        Each was tried: the network that they give was built, and the rule asked again.
        """
        if self.spec is None:
            return {}
        rules = {each.rule.id: each.rule for each in self.diagnostics}
        tried = {id: remedy(rule, self.spec, self.machine) for id, rule in rules.items()}
        return {id: options(changes) for id, changes in tried.items() if changes}

    def tables(self) -> list[Table]:
        """A table for each rule that found something, errors first, and one that counts."""
        by_rule = groupby(self.diagnostics, key=lambda each: each.rule)
        tables = [self._table(rule, [d.finding for d in own]) for rule, own in by_rule]
        return [*tables, self._summary()]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.graph.name,
            "family": self.graph.family,
            "rules": [rule.id for rule in self.rules],
            "counts": self.counts,
            "findings": self._dicts(),
        }

    def records(self) -> list[dict[str, Any]]:
        return [{**record, "layers": " ".join(record["layers"])} for record in self._dicts()]

    def place(self, finding: Finding) -> Place | None:
        """Where the first of its layers that knows stands in the source of the network."""
        places = (self.graph[name].place for name in finding.layers)
        return next(filter(None, places), None)

    def _dicts(self) -> list[dict[str, Any]]:
        return list(map(self._dict, self.diagnostics))

    def _dict(self, diagnostic: Diagnostic) -> dict[str, Any]:
        file, line = self.place(diagnostic.finding) or (None, None)
        fix = self.fixes.get(diagnostic.rule.id)
        return {**diagnostic.to_dict(), "file": file, "line": line, "fix": fix}

    def _table(self, rule: Rule, findings: Sequence[Finding]) -> Table:
        rows = _folded(findings)
        shared = any(finding.share is not None for finding in findings)
        columns = [Column("layer"), Column("x", number=True, rank=1), Column("finding", prose=True)]
        if shared:
            columns.append(Column(f"of {rule.of}", share=True))
        lines = [_line(_where(same), self._what(same[0]), same, shared) for same in rows]
        if len(rows) > 1:
            lines.append(_line("total", "", findings, shared))
        title = f"{rule.id} {rule.severity}: {rule.summary}"
        fix = self.fixes.get(rule.id)
        return Table(title, columns, lines, [f"fix: {fix}" if fix else f"advice: {rule.advice}"])

    def _what(self, finding: Finding) -> str:
        place = self.place(finding)
        at = f" ({place.file}:{place.line})" if place else ""
        what = f"{finding.what}{at}"
        return f"{what}; {finding.advice}" if finding.advice else what

    def _summary(self) -> Table:
        counted = ", ".join(
            f"{count:,} {severity}{'s' * (count != 1 and severity != 'info')}"
            for severity, count in self.counts.items()
        )
        rules = f"{len(self.rules)} rule{'s' * (len(self.rules) != 1)}"
        title = f"{self.graph.name}: {counted} by {rules}"
        more = "henet-arch lint --explain ID says why" if self.diagnostics else "nothing found"
        return Table(title, (), (), [more])


@dataclass(frozen=True)
class Explained(Shown):
    """What some rules look for, and why."""

    rules: tuple[Rule, ...]

    def tables(self) -> list[Table]:
        columns = (Column("about"), Column("text", prose=True))
        return [
            Table(
                f"{rule.id} {rule.name} ({rule.severity})",
                columns,
                [Row(pair) for pair in self._facts(rule).items()],
            )
            for rule in self.rules
        ]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": 1, "rules": self.records()}

    def records(self) -> list[dict[str, Any]]:
        return [
            {"id": rule.id, "rule": rule.name, "severity": rule.severity, **self._facts(rule)}
            for rule in self.rules
        ]

    @staticmethod
    def _facts(rule: Rule) -> dict[str, str]:
        return {
            "finds": rule.summary,
            "why": rule.explanation,
            "advice": rule.advice,
            "source": rule.source,
        }


def lint(
    source: Source,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    machine: Machine = TYPICAL,
    *,
    max_blocks: int = MAX_BLOCKS,
) -> Diagnostics:
    """What is wrong or wasteful in a network.

    Args:
        source: What `load` takes.
        select: Rules to ask, by id, by the beginning of one, or by name; all where it is empty.
        ignore: Rules not to ask; the most specific selector decides.
        machine: What one core can do, for memory bounds.
        max_blocks: How many repeated blocks a spec may build.

    Raises:
        UnknownNameError: a selector fits no rule.
        PluginError: another package's rule cannot be used.
        ShapeError: a size of the network is left open.
        LimitError: one is larger than lint looks at; and all that `load` raises.
    """
    rules = chosen(select, ignore)
    network = resolve(source)
    graph = load(network, max_blocks=max_blocks).graph
    context = Context(graph, machine)
    by_severity = sorted(rules, key=lambda rule: SEVERITIES.index(rule.severity))
    result = (Diagnostic(rule, finding) for rule in by_severity for finding in rule.check(context))
    return Diagnostics(graph, rules, tuple(result), spec_of(network), machine, origin(source))


def _line(where: str, what: str, findings: Sequence[Finding], shared: bool) -> Row:
    share = Share(sum(finding.share or 0.0 for finding in findings))
    cells: list[Cell] = [where, len(findings), what, *([share] if shared else [])]
    return Row(cells, "plain" if what else "total")


def _folded(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Diagnostics together that say the same of one layer in several blocks of a stage."""
    rows: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        stem, number, name = _split(finding)
        key = (stem, bool(number), name, len(finding.layers), finding.what, finding.advice)
        rows.setdefault(key, []).append(finding)
    return list(rows.values())


def _split(finding: Finding) -> tuple[str, str, str]:
    """Its first layer's name before, at and after the number of the block around it."""
    name = finding.layers[0]
    scope = parent(name)
    stem = scope.rstrip("0123456789")
    return stem, scope.removeprefix(stem), name.removeprefix(scope)


def _where(same: Sequence[Finding]) -> str:
    """`stage1.block1-3.conv1` for layers in blocks 1 to 3."""
    stem, number, name = _split(same[0])
    if len(same) > 1:
        number = _spans([int(_split(finding)[1]) for finding in same])
    more = len(same[0].layers) - 1
    return f"{stem}{number}{name}" + (f" +{more}" if more else "")


def _spans(numbers: Sequence[int]) -> str:
    """`1-3,5` for 1, 2, 3 and 5."""
    runs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    spans = [[number for _, number in run] for _, run in runs]
    return ",".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else f"{s[0]}" for s in spans)
