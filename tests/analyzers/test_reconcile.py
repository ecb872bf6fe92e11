"""What each convention counts, part by part, adds up to what it counts in all."""

from __future__ import annotations

import csv
import io
import json

import pytest
from cli.run import run
from examples import examples
from graphs import graphs, other_outputs
from hypothesis import given
from strategies import networks, specs

import henet_arch as ha
from henet_arch.analyzers.reconcile import PARTS, Reconciliation
from henet_arch.conventions.lookup import conventions
from henet_arch.ir.graph import Graph
from henet_arch.results.table import short


@examples(50)
@given((specs() | networks()).map(ha.build) | graphs() | other_outputs())
def test_the_parts_add_up_to_the_totals(graph: Graph) -> None:
    counts = {count.convention.name: count for count in Reconciliation(graph).counts}
    exact = counts["exact"]
    assert exact.total == ha.analyze(graph).macs
    assert exact.difference == 0
    for name, count in counts.items():
        assert count.parts.keys() == count.differences.keys() == PARTS.keys()
        assert count.total == ha.analyze(graph, name).macs
        assert exact.total + sum(count.differences.values()) == count.total
        assert count.parts["other"] == 0


def test_the_table_fits_80_columns_and_shows_every_convention() -> None:
    for preset in ("henet-r3", "googlenet-auxiliary", "resnet152"):
        outcome = run("reconcile", preset)
        assert (outcome.code, outcome.err) == (0, "")
        lines = outcome.out.splitlines()
        assert max(map(len, lines)) <= 80
        rows = [line.split()[0] for line in lines if line.startswith(" ") and line.split()]
        for name in conventions():
            assert rows.count(name) == 2


def test_a_part_that_nobody_counts_has_no_column() -> None:
    assert " pool " not in run("reconcile").out
    assert " pool " in run("reconcile", "lenet5").out


def test_every_form_holds_the_figures() -> None:
    data = json.loads(run("reconcile", "-f", "json").out)
    assert (data["schema"], data["name"]) == (1, "henet-r3")
    by_name = {row["convention"]: row for row in data["conventions"]}
    assert by_name["torch"]["unit"] == "FLOPs"
    assert by_name["torch"]["difference"] == by_name["exact"]["total"] == 10_046_040
    assert by_name["paper"]["differences"]["linear"] == -1_920
    rows = list(csv.DictReader(io.StringIO(run("reconcile", "-f", "csv").out)))
    assert [row["convention"] for row in rows] == list(conventions())
    for row in rows:
        assert sum(int(row[part]) for part in PARTS) == int(row["total"])
    assert "| paper | 10.24M |" in run("reconcile", "-f", "markdown").out
    assert "10.24M</td>" in run("reconcile", "-f", "html").out


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (999, "999"), (1000, "1.000k"), (999_949, "999.9k"), (999_950, "1.000M"),
        (10_046_040, "10.05M"), (-1_920, "-1.920k"), (10**21, "1000.E"),
    ],
)  # fmt: skip
def test_short_numbers(number: int, text: str) -> None:
    assert short(number) == text
    assert short(number, sign=True) == ("+" if number > 0 else "") + text


def test_a_symbol_is_shown_as_it_is() -> None:
    from sympy import Symbol

    assert short(3 * Symbol("C")) == "3*C"
