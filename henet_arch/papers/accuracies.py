"""The accuracies of trained networks beside those that the HENet paper prints, and its claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev
from typing import Any

from ..results.table import Column, Row, Table
from ..support.optional import need
from .runs import Run, Unfinished, check_comparable
from .tables import PaperNetwork, paper_networks

_SURE = 0.95
"""How often an interval holds the true difference."""
_DATA = {"cifar10": "3", "cifar100": "4", "svhn": "5"}
"""The table of each data set."""
HOLDS, FAILS, OPEN, MISSING = "holds", "does not hold", "undecided", "missing"
_THIRD = 0.347
"""The time of HENet Repeat 2 to that of ShuffleNet Repeat 5 (section 4.2)."""


@dataclass(frozen=True)
class Trained:
    """The runs of one network beside what the paper prints of it."""

    network: PaperNetwork
    runs: tuple[Run, ...]

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Of each run, in percent."""
        return tuple(run.accuracy for run in self.runs)

    @property
    def mean(self) -> float:
        return mean(self.accuracies)

    @property
    def spread(self) -> float | None:
        """The standard deviation over seeds, in points, where there are several."""
        return stdev(self.accuracies) if len(self.runs) > 1 else None


@dataclass(frozen=True)
class Claim:
    """What the paper says of two networks, and what the runs say of it."""

    table: str
    text: str
    paper: str
    ours: str
    verdict: str

    def record(self) -> dict[str, str]:
        return {
            "table": self.table,
            "claim": self.text,
            "paper": self.paper,
            "ours": self.ours,
            "verdict": self.verdict,
        }


class Accuracies:
    """Runs beside Tables 3 to 5, and which claims of the text hold."""

    def __init__(
        self, runs: Sequence[Run | Unfinished], milliseconds: Mapping[str, float] | None
    ) -> None:
        """Args:
        runs: Those trained as in the paper are compared, and where none is, all.
        milliseconds: The time of one image by network, where it was measured.

        Raises:
            SourceError: those to compare were not trained alike.
        """
        self.milliseconds = milliseconds
        finished = [run for run in runs if isinstance(run, Run)]
        self.unfinished = tuple(run for run in runs if isinstance(run, Unfinished))
        known = [run for run in finished if any(_is_of(run, each) for each in paper_networks())]
        compared = [run for run in known if run.is_as_in_the_paper] or known
        tables = sorted({_DATA[run.data] for run in compared} or {"3"})
        networks = [network for network in paper_networks() if network.table in tables]
        check_comparable(compared)
        self.trained = tuple(
            Trained(network, tuple(run for run in compared if _is_of(run, network)))
            for network in networks
        )
        self.foreign = tuple(run for run in finished if run not in known)
        self.others = tuple(run for run in known if run not in compared)
        self.as_in_the_paper = all(run.is_as_in_the_paper for run in compared)
        self.claims = tuple(claim for table in tables for claim in self._claims(table))

    def _claims(self, table: str) -> Iterator[Claim]:
        """What sections 4.2 and 5 say of the networks of a table."""
        of = {each.network.name: each for each in self.trained if each.network.table == table}
        pooled = Spread.of(list(of.values()))
        names = {name.rpartition("-c")[0] or name: each for name, each in of.items()}
        pairs = [(f"henet-r{n}", f"shufflenet-r{n}") for n in (2, 3, 4)]
        gaps = [names[a].network.accuracy - names[b].network.accuracy for a, b in pairs]
        if table in ("3", "4"):
            for one, other in pairs:
                yield _better(names[one], names[other], pooled)
            equal = "shufflenet-r5" if table == "3" else "shufflenet-r3"
            yield _equal(names["henet-r2"], names[equal], pooled, min(gaps))
        if table == "3":
            yield self._third()

    def _third(self) -> Claim:
        text = "henet-r2 takes a third of the time of shufflenet-r5"
        if not self.milliseconds:
            return Claim("3", text, f"{_THIRD:.1%}", "--time measures it", MISSING)
        ratio = self.milliseconds["henet-r2"] / self.milliseconds["shufflenet-r5"]
        verdict = HOLDS if round(ratio, 2) <= round(_THIRD, 2) else FAILS
        return Claim("3", text, f"{_THIRD:.1%}", f"{ratio:.1%}", verdict)

    def tables(self) -> list[Table]:
        return [*self._accuracy_tables(), self._claim_table()]

    def to_dict(self) -> dict[str, Any]:
        return {
            "as_in_the_paper": self.as_in_the_paper,
            "networks": [_record(each) for each in self.trained],
            "claims": [claim.record() for claim in self.claims],
            "others": [str(run.folder) for run in self.foreign],
            "trained_otherwise": {str(run.folder): run.deviations for run in self.others},
            "unfinished": {str(run.folder): run.step for run in self.unfinished},
        }

    def records(self) -> list[dict[str, Any]]:
        """The accuracies as cells of their tables, with the keys that the others have."""
        return [
            {
                "table": f"Table {each.network.table}",
                "row": each.network.name,
                "column": "mean accuracy, %",
                "printed": f"{each.network.accuracy:.2f}",
                "computed": f"{each.mean:.2f}" if each.runs else "",
                "exact": None,
                "equal": None,
                "note": f"{len(each.runs)} runs",
            }
            for each in self.trained
        ]

    def _accuracy_tables(self) -> Iterator[Table]:
        columns = (
            Column("network"),
            *(
                Column(name, number=True)
                for name in ("paper", "ours", "difference", "spread", "runs")
            ),
        )
        for table in sorted({each.network.table for each in self.trained}):
            chosen = [each for each in self.trained if each.network.table == table]
            yield Table(
                f"Table {table}: mean accuracy, %",
                columns,
                [Row(_cells(each)) for each in chosen],
                list(self._notes(chosen)),
            )

    def _notes(self, chosen: Sequence[Trained]) -> Iterator[str]:
        yield "ours: the mean over runs, each of its last five tests; spread: the runs' deviation"
        if missing := [each.network.name for each in chosen if not each.runs]:
            yield f"not trained: {', '.join(missing)}"
        if not self.as_in_the_paper:
            yield "these runs were not trained with the paper's strategy: --schedule paper"
        for run in self.others:
            settings = ", ".join(f"{key} = {value}" for key, value in run.deviations.items())
            yield f"left out: {run.folder}, which was trained with {settings}"
        for run in self.foreign:
            yield f"left out: {run.folder}, whose network or data the paper does not have"
        for cut in self.unfinished:
            yield f"left out: {cut.folder}, which is not finished (step {cut.step:,})"

    def _claim_table(self) -> Table:
        columns = (
            Column("claim", prose=True),
            Column("paper", number=True, rank=1),
            Column("ours", prose=True),
            Column("verdict"),
        )
        rows = [Row((c.text, c.paper, c.ours, c.verdict)) for c in self.claims]
        notes = [
            f"differences in points with their {_SURE:.0%} intervals (Student's t, the spread over "
            "seeds pooled over the networks of a table)",
            "better holds where the interval is above 0, and fails where it is below",
            "equal holds where the interval has 0 in it and stays below the paper's smallest "
            "difference of the same repeats, and fails where 0 is outside",
        ]
        return Table("the paper's claims", columns, rows, notes)


@dataclass(frozen=True)
class Spread:
    """The standard deviation over seeds, pooled over networks, which all spread alike."""

    deviation: float
    degrees: int

    @staticmethod
    def of(trained: Sequence[Trained]) -> Spread | None:
        """None where no network has runs of two seeds."""
        groups = [each.accuracies for each in trained if len(each.runs) > 1]
        degrees = sum(len(group) - 1 for group in groups)
        if not degrees:
            return None
        squares = sum((x - mean(group)) ** 2 for group in groups for x in group)
        return Spread(sqrt(squares / degrees), degrees)

    def half_width(self, one: int, other: int) -> float:
        """Half the interval of the difference of two means, over so many runs each."""
        quantile = float(need("scipy.stats", "train").t.ppf((1 + _SURE) / 2, self.degrees))
        return quantile * self.deviation * sqrt(1 / one + 1 / other)


def _better(one: Trained, other: Trained, spread: Spread | None) -> Claim:
    text = f"{one.network.name} is better than {other.network.name}"

    def verdict(difference: float, half: float) -> str:
        if difference > half:
            return HOLDS
        return FAILS if difference < -half else OPEN

    return _compared(text, one, other, spread, verdict)


def _equal(one: Trained, other: Trained, spread: Spread | None, gap: float) -> Claim:
    text = f"{one.network.name} is equal to {other.network.name}"

    def verdict(difference: float, half: float) -> str:
        if abs(difference) > half:
            return FAILS
        return HOLDS if abs(difference) + half < gap else OPEN

    return _compared(text, one, other, spread, verdict)


def _compared(
    text: str,
    one: Trained,
    other: Trained,
    spread: Spread | None,
    verdict: Any,
) -> Claim:
    table = one.network.table
    paper = f"{one.network.accuracy - other.network.accuracy:+.2f}"
    missing = [each.network.name for each in (one, other) if not each.runs]
    if missing:
        return Claim(table, text, paper, f"no run of {' and '.join(missing)}", MISSING)
    difference = one.mean - other.mean
    if spread is None:
        return Claim(table, text, paper, f"{difference:+.2f}, one seed each", OPEN)
    half = spread.half_width(len(one.runs), len(other.runs))
    ours = f"{difference:+.2f} ± {half:.2f}"
    return Claim(table, text, paper, ours, verdict(difference, half))


def _is_of(run: Run, network: PaperNetwork) -> bool:
    return _DATA.get(run.data) == network.table and run.is_of(network.spec)


def _cells(each: Trained) -> tuple[str | int, ...]:
    name, paper = each.network.name, f"{each.network.accuracy:.2f}"
    if not each.runs:
        return (name, paper, "", "", "", 0)
    difference = f"{each.mean - each.network.accuracy:+.2f}"
    spread = "" if each.spread is None else f"{each.spread:.2f}"
    return (name, paper, f"{each.mean:.2f}", difference, spread, len(each.runs))


def _record(each: Trained) -> dict[str, Any]:
    return {
        "table": f"Table {each.network.table}",
        "name": each.network.name,
        "paper": each.network.accuracy,
        "mean": each.mean if each.runs else None,
        "spread": each.spread,
        "accuracies": {run.seed: run.accuracy for run in each.runs},
    }
