"""Fronts, against the definition: every point compared with every other one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from henet_arch.search.pareto import Points, front, not_behind


@st.composite
def points(draw: st.DrawFn, objectives: int | None = None) -> Points:
    width = objectives or draw(st.integers(1, 4))
    row = st.tuples(*[st.integers(-6, 6)] * width)
    rows = draw(st.lists(row, max_size=40))
    indices = draw(st.permutations(range(len(rows))))
    costs = np.asarray(rows, np.int64).reshape(len(rows), width)
    return Points(costs, np.asarray(indices, np.int64), np.ones(len(rows), np.int64))


def _by_definition(given: Points) -> set[tuple[tuple[int, ...], int, int]]:
    rows = [tuple(row) for row in given.costs.tolist()]
    best = [
        row
        for row in rows
        if not any(all(a <= b for a, b in zip(o, row, strict=True)) and o != row for o in rows)
    ]
    firsts = {
        row: min(i for i, other in zip(given.indices.tolist(), rows, strict=True) if other == row)
        for row in best
    }
    return {(row, firsts[row], best.count(row)) for row in best}


def _told(found: Points) -> list[tuple[tuple[int, ...], int, int]]:
    columns = (map(tuple, found.costs.tolist()), found.indices.tolist(), found.equal.tolist())
    return list(zip(*columns, strict=True))


@given(points())
def test_a_front_is_what_nothing_is_better_than(given: Points) -> None:
    found = _told(front(given))
    assert set(found) == _by_definition(given)
    assert found == sorted(found)


@given(st.integers(1, 4).flatmap(lambda width: st.tuples(points(width), points(width))))
def test_fronts_of_parts_make_the_front(pair: tuple[Points, Points]) -> None:
    one, other = pair
    other = Points(other.costs, other.indices + len(one), other.equal)
    whole = _told(front(one.with_others(other)))
    assert _told(front(front(other).with_others(front(one)))) == whole
    ahead = front(one)
    assert _told(front(ahead.with_others(not_behind(other, ahead)))) == whole


def test_what_is_behind_is_left_out_and_what_is_equal_stays() -> None:
    rows = np.asarray([[1, 2], [0, 3], [2, 2], [1, 1]])
    some = Points(rows, np.arange(4), np.ones(4, np.int64))
    leaders = some[np.asarray([0])]
    assert not_behind(some, leaders).indices.tolist() == [0, 1, 3]
