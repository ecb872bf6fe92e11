"""The families' page names every network that `make references` holds ours against."""

from __future__ import annotations

import pytest
from checkout import ROOT
from references.cases import OTHERS, REFERENCES, Case

import henet_arch as ha

PAGE = (ROOT / "docs" / "families.md").read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("case", [*REFERENCES, *OTHERS], ids=" ".join)
def test_a_row_says_what_is_equal(case: Case) -> None:
    reference = [row for row in ROWS if case.name in row[1].replace(",", "").split()]
    assert len(reference) == 1
    ours, theirs, equal = reference[0]
    assert f"{case.library}'s" in theirs
    assert ours.startswith(f"| `{ha.preset(case.preset).family.partition('-')[0]}")
    assert equal.startswith("parameters, MACs")


def test_how_many_they_are() -> None:
    assert f"to {len(REFERENCES) + len(OTHERS)} of their networks" in " ".join(PAGE.split())
