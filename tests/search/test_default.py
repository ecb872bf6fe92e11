"""What is searched where nobody says what is open."""

from __future__ import annotations

from itertools import combinations_with_replacement, pairwise, product

import numpy as np
import pytest
from search.spaces import brute_force

import henet_arch as ha
from henet_arch.search.choices import space
from henet_arch.search.explore import explore, figures_at
from henet_arch.search.measures import MEASURES
from henet_arch.search.query import query
from henet_arch.search.space import Axis
from henet_arch.search.stages import fitted, last_map, with_stages
from henet_arch.search.wording import ranges
from henet_arch.spec.families import families

ALL = tuple(MEASURES)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(families()))
def test_every_family_has_networks_that_one_would_build(name: str) -> None:
    found = space(families=[name])
    assert found.is_default
    assert 1 < found.size <= 3_000_000
    networks = 0
    for index in np.random.default_rng(1).integers(found.size, size=40).tolist():
        spec = found.spec(index)
        assert all(1 <= count <= 6 for count in spec.broadcast("repeats"))
        widths = getattr(spec, "channels", ())
        if "channels" in found.keys:
            stem = getattr(spec, "stem", 0)
            first = max(stem) if isinstance(stem, tuple) else stem if isinstance(stem, int) else 0
            assert all(a <= b for a, b in pairwise((first, *widths)))
            assert all(width % 4 == 0 for width in widths)
        networks += brute_force(found, index) is not None
    assert networks > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["henet", "mobilenet", "resnet", "vgg", "xception"])
def test_formulas_hold_for_widths_that_do_not_shrink(name: str) -> None:
    found = space(families=[name], keys={"input": 64})
    asked = query(found, maximize=ALL, minimize=())
    indices = np.random.default_rng(2).integers(found.size, size=500)
    for number, _, places in found.by_grid(indices):
        figures = figures_at(asked, ALL, number, places)
        for row in range(0, len(places), 1 + len(places) // 8):
            expected = brute_force(found, found.starts[number] + int(places[row]))
            assert bool(figures.exists[row]) == (expected is not None)
            if expected is not None:
                assert figures.table[:, row].tolist() == list(expected.values())


def test_the_count_of_networks_and_the_front_are_those_of_brute_force() -> None:
    found = space(families=["shufflenet-v1"], keys={"input": 32})
    asked = query(found, at_most={"params": 80_000})
    (grid,) = found.grids
    widths, (_, repeats) = grid.axes[0], (0, grid.axes[1].values)
    specs = [
        ha.Spec(family="shufflenet-v1", input=32, channels=pair, repeats=(count,))
        for pair in combinations_with_replacement(widths.values, 2)
        for count in repeats
    ]
    assert len(specs) == found.size
    costs = []
    networks = 0
    for spec in specs:
        try:
            report = ha.analyze(spec)
        except ha.HenetArchError:
            continue
        networks += 1
        costs.append((-int(report.macs), int(report.params)))
    explored = explore(asked, 0, found.size)
    assert explored.networks == networks
    within = {cost for cost in costs if cost[1] <= 80_000}
    best = {c for c in within if not any(o != c and o[0] <= c[0] and o[1] <= c[1] for o in within)}
    assert set(map(tuple, explored.front.costs.tolist())) == best


def test_rising_numbers_are_all_that_do_not_fall() -> None:
    axis = Axis(("C1", "C2", "C3"), (8, 4, 20, 12), rising=True)
    columns = axis.columns(np.arange(axis.size))
    rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
    assert rows == sorted(
        row for row in product((4, 8, 12, 20), repeat=3) if row[0] <= row[1] <= row[2]
    )


@pytest.mark.parametrize(
    ("name", "image", "stages", "last"),
    [
        ("henet", 31, 4, 1), ("henet", 63, 5, 1), ("henet", 255, 7, 1),
        ("resnet", 224, 4, 7), ("resnet", 112, 3, 7), ("resnet", 32, 2, 4),
        ("mobilenet", 32, 2, 8), ("vgg", 32, 2, 8), ("densenet", 64, 2, 8), ("lenet", 64, 3, 9),
    ],
)  # fmt: skip
def test_as_many_stages_as_suit_the_image(name: str, image: int, stages: int, last: int) -> None:
    usual = ha.Spec(family=name)
    spec = fitted(usual.replace(input=(usual.input[0], image, image)), usual)
    count = len(getattr(spec, "channels", spec.broadcast("repeats")))
    assert (count, last_map(spec)) == (stages, last)


def test_further_stages_are_twice_as_wide() -> None:
    spec = with_stages(ha.Spec(family="mobilenetv2"), 9)
    assert getattr(spec, "channels")[-3:] == (320, 640, 1280)  # noqa: B009
    assert len(spec.broadcast("strides")) == len(spec.broadcast("repeats")) == 9
    assert with_stages(ha.Spec(family="densenet"), 2).broadcast("repeats") == (6, 12)


def test_what_is_said_stays_as_it_is() -> None:
    assert space("henet-r3", repeats=3).keys == ("channels",)
    assert space("henet-r3", channels=[24, 48, 96, 192]).keys == ("repeats",)
    assert space("resnet20", repeats=[[2], [1], [2]]).spec(0).broadcast("repeats") == (2, 1, 2)
    assert space("vgg16", keys={"hidden": [[64], [64]]}).spec(0).hidden == (64, 64)  # type: ignore[attr-defined]
    assert not space("henet-r3", repeats=[2, 3]).is_default


def test_ranges_are_as_the_options_take_them() -> None:
    assert ranges([1, 2, 3, 4]) == "1..4"
    assert ranges([4, 8, 12, 16, 24, 32, 40, 64]) == "4..16:4/24..40:8/64"
    assert ranges([5, 9]) == "5/9"
