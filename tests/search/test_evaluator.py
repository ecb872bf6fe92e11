"""The figures of many specs at once are those of the analysis of each."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from search.spaces import brute_force, spaces

import henet_arch as ha
from henet_arch.search.choices import space
from henet_arch.search.evaluator import Evaluator
from henet_arch.search.explore import explore, figures_at
from henet_arch.search.measures import MEASURES
from henet_arch.search.query import query
from henet_arch.search.space import Space
from henet_arch.support.errors import LimitError

ALL = tuple(MEASURES)


def _figures(found: Space, places: Any, measures: tuple[str, ...] = ALL) -> Evaluator:
    asked = query(found, maximize=measures, minimize=())
    return figures_at(asked, measures, 0, np.asarray(places, np.int64))


@given(spaces(), st.data())
@examples(4)
def test_formulas_give_what_the_analysis_gives(found: Space, data: st.DataObject) -> None:
    """As many specs as make formulas worth while, a few of them compared."""
    places = np.linspace(0, found.grids[0].size - 1, 500).astype(np.int64)
    measures = tuple(data.draw(st.lists(st.sampled_from(ALL), unique=True, min_size=1)))
    with patch("henet_arch.search.explore.FEW", 0), patch("henet_arch.search.evaluator.FEW", 60):
        figures = _figures(found, places, measures)
    some = data.draw(st.lists(st.integers(0, len(places) - 1), min_size=12, max_size=12))
    for row in some:
        expected = brute_force(found, int(places[row]))
        assert bool(figures.exists[row]) == (expected is not None)
        if expected is not None:
            assert figures.table[:, row].tolist() == [expected[name] for name in measures]


@given(spaces())
@examples(10)
def test_few_specs_are_analyzed(found: Space) -> None:
    figures = _figures(found, [0])
    expected = brute_force(found, 0)
    assert bool(figures.exists[0]) == (expected is not None)
    assert expected is None or figures.table[:, 0].tolist() == list(expected.values())


def test_a_width_without_divisors_is_no_network_whatever_is_asked() -> None:
    found = space("henet-r3", channels=[range(1, 601), 48, 96, 192])
    for measures in (("depth",), ("params",), ("width", "memory")):
        figures = _figures(found, range(found.size), measures)
        assert figures.exists.tolist()[:3] == [False, False, True]
        assert brute_force(found, 0) is brute_force(found, 1) is None


def test_repeats_of_none_have_formulas_of_their_own() -> None:
    found = space("henet-r3", channels=[range(2, 602, 2), 48, 96, 192], repeats=[[0, 1], [1, 2], 1])
    figures = _figures(found, range(found.size))
    assert not figures.exists.all()
    for place in range(0, found.size, 97):
        expected = brute_force(found, place)
        assert bool(figures.exists[place]) == (expected is not None)
        assert expected is None or figures.table[:, place].tolist() == list(expected.values())


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (ha.Spec(family="resnet", stem="cifar", block="basic", skip="zeros", repeats=(3, 3, 3),
                 channels=(16, 32, 64), input=32),
         {"channels": [[16, 64], [32], [64]], "repeats": [[1, 2], range(13), range(1, 17)]}),
        (ha.Spec(family="shufflenet-v1", channels=(3, 23), groups=5, repeats=0, input=33),
         {"repeats": range(3), "input": range(33, 233)}),
    ],
)  # fmt: skip
def test_networks_that_are_there_only_without_blocks(spec: ha.Spec, said: dict[str, Any]) -> None:
    found = space(spec, **said)
    figures = _figures(found, range(found.size), ("macs",))
    assert 0 < figures.exists.sum() < found.size
    for place in range(0, found.size, 7):
        expected = brute_force(found, place)
        assert bool(figures.exists[place]) == (expected is not None)
        assert expected is None or figures.table[0, place] == expected["macs"]


def test_images_that_are_too_small_are_told_at_once() -> None:
    found = space("henet-r3", channels=[range(8, 72, 8), *[range(16, 208, 16)] * 3], input=[7, 15])
    figures = _figures(found, range(found.size))
    assert not figures.exists.any()
    assert brute_force(found, 5) is None


@pytest.mark.parametrize("family", ["densenet", "mobilenetv2"])
def test_numbers_that_no_formula_leaves_open_are_fixed(family: str) -> None:
    spec = ha.Spec(family=family, **{"densenet": {"growth": 4}, "mobilenetv2": {}}[family])
    found = space(spec, repeats=[1, 2], input=range(64, 600))
    figures = _figures(found, range(found.size))
    for place in range(0, found.size, 211):
        expected = brute_force(found, place)
        assert expected is not None
        assert figures.table[:, place].tolist() == list(expected.values())


def test_figures_beyond_64_bits_are_refused() -> None:
    for widths in ([6 * 10**9, 12 * 10**9], range(6 * 10**9, 6 * 10**9 + 500)):
        found = space("henet-r3", channels=[widths, 48, 96, 192], input=10**6, repeats=3)
        with pytest.raises(LimitError, match="64 bits"):
            _figures(found, [0, 1])


def test_specs_that_are_few_in_each_block_get_formulas_in_the_end() -> None:
    found = space(
        ha.Spec(family="resnet", stem="cifar", block="basic", channels=(16, 32), repeats=1)
    )
    asked = query(found)
    analyzed = []

    def by_analysis(self: Evaluator, spec: ha.Spec, rows: Any) -> None:
        analyzed.append(len(rows))
        original(self, spec, rows)

    original = Evaluator.by_analysis
    with (
        patch("henet_arch.search.explore.BLOCK", 200),
        patch("henet_arch.search.evaluator.FEW", 60),
        patch.object(Evaluator, "by_analysis", by_analysis),
    ):
        blocks = explore(asked, 0, 6000)
    assert 0 < sum(analyzed) < 150
    whole = explore(asked, 0, 6000)
    assert (blocks.networks, len(blocks.front)) == (whole.networks, len(whole.front))
    assert blocks.front.costs.tolist() == whole.front.costs.tolist()
