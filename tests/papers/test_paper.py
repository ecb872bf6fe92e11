"""The figures that the HENet paper prints, and the true sizes of its networks."""

from __future__ import annotations

import pytest

import henet_arch as ha
from henet_arch.papers.reproduce import SLIPS, Reproduction

TRUE_SIZES = {
    "henet-r2": (68_626, 7_125_576),
    "henet-r3": (87_058, 10_046_040),
    "henet-r4": (105_490, 12_966_504),
    "shufflenet-r2": (45_466, 6_143_136),
    "shufflenet-r3": (64_450, 8_521_608),
    "shufflenet-r4": (83_434, 10_900_080),
    "shufflenet-r5": (102_418, 13_278_552),
}
PAPER_PARAMS = {
    "henet-r2": 507_154,
    "henet-r3": 641_218,
    "henet-r4": 775_282,
    "shufflenet-r2": 357_250,
    "shufflenet-r3": 515_842,
    "shufflenet-r4": 674_434,
    "shufflenet-r5": 833_026,
}


@pytest.mark.parametrize("name", TRUE_SIZES)
def test_true_sizes(name: str) -> None:
    report = ha.analyze(name)
    assert (report.params, report.macs) == TRUE_SIZES[name]


@pytest.mark.parametrize("name", PAPER_PARAMS)
def test_parameters_as_the_paper_counted_them(name: str) -> None:
    assert ha.analyze(name, "paper").params == PAPER_PARAMS[name]
    assert ha.analyze(f"{name}-c100", "paper").params == PAPER_PARAMS[name] + 17_370


def test_tables_2_to_5() -> None:
    found = Reproduction()
    assert len(found.layout) == 39
    assert len(found.sizes) == 42
    unequal = [(cell.table, cell.row, cell.column) for cell in found.cells if not cell.equal]
    assert unequal == list(SLIPS)
    assert found.holds


def test_the_first_blocks_cost_what_the_paper_adds() -> None:
    """Table 1 prints 2C inputs for the first block of a stage too: 194,688 too many."""
    graph = ha.build("henet-r3")
    printed = [node for node in graph if node.as_published]
    extra = sum(
        node.as_published.layer.ops(node.as_published.input_shapes, node.shape).mac
        - node.layer.ops(node.input_shapes, node.shape).mac
        for node in printed
        if node.as_published
    )
    assert [node.name for node in printed] == [f"stage{i}.block1.conv1" for i in (1, 2, 3)]
    assert extra == 194_688


def test_reproduction_fails_on_an_unexplained_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("henet_arch.papers.reproduce.SLIPS", {})
    assert not Reproduction().holds
