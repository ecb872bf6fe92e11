"""The front is that of brute force, however the space is gone through."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from search.spaces import brute_force, spaces

import henet_arch as ha
from henet_arch.search.choices import space
from henet_arch.search.executors import cluster, processes
from henet_arch.search.explore import explore, nothing
from henet_arch.search.measures import MEASURES
from henet_arch.search.progress import Progress, resumed
from henet_arch.search.query import Query, query
from henet_arch.search.result import SearchResult
from henet_arch.search.search import search
from henet_arch.search.space import Space
from henet_arch.support.errors import BudgetError, HenetArchError, LimitError

R3 = {"params": 87_058, "macs": 10_046_040}


def _question(**more: Any) -> Query:
    found = space(
        "henet-r3",
        channels=[range(4, 64, 4), range(8, 72, 8), [48, 96], [64, 192]],
        repeats=[range(1, 4), [2, 3], [3]],
    )
    return query(found, at_most=R3, **more)


def _told(found: Any) -> list[Any]:
    points = found.front
    columns = points.costs.tolist(), points.indices.tolist(), points.equal.tolist()
    return [found.tested, found.networks, found.within, *columns]


@given(spaces(), st.data())
@examples(15)
def test_the_front_is_that_of_brute_force(found: Space, data: st.DataObject) -> None:
    names = st.lists(st.sampled_from(sorted(MEASURES)), unique=True, min_size=1, max_size=3)
    chosen = data.draw(names)
    split = data.draw(st.integers(0, len(chosen)))
    figures = [brute_force(found, index) for index in range(min(found.size, 60))]
    known = [row for row in figures if row]
    bound = data.draw(st.sampled_from(known))["macs"] if known else 1
    asked = query(found, at_most={"macs": bound}, maximize=chosen[:split], minimize=chosen[split:])
    explored = explore(asked, 0, len(figures))
    within = [row for row in known if row["macs"] <= bound]
    assert (explored.networks, explored.within) == (len(known), len(within))
    rows = [tuple(_costs(row, chosen, split)) for row in within]
    best = {
        row
        for row in rows
        if not any(o != row and all(a <= b for a, b in zip(o, row, strict=True)) for o in rows)
    }
    assert set(map(tuple, explored.front.costs.tolist())) == best


def _costs(row: dict[str, int], chosen: list[str], split: int) -> list[int]:
    return [-row[name] for name in chosen[:split]] + [row[name] for name in chosen[split:]]


ASKED = _question()


@cache
def whole() -> list[Any]:
    return _told(explore(ASKED, 0, ASKED.space.size))


@pytest.mark.parametrize("length", [9, 50, 1000])
def test_the_length_of_runs_and_their_order_make_no_difference(length: int) -> None:
    runs = list(Progress(ASKED).left(length))
    random.Random(length).shuffle(runs)
    progress = Progress(ASKED)
    for run in runs:
        progress.add(run, explore(ASKED, *run))
    assert progress.result.tested == ASKED.space.size
    assert _told(progress.result) == whole()
    assert list(progress.left(length)) == []


def test_an_interruption_and_going_on_make_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    told = 0

    def interrupt(done: int, total: int, said: str) -> None:
        nonlocal told
        told = done
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(Progress(ASKED), length=500, checkpoint=path, watch=interrupt)
    kept = resumed(ASKED, path)
    assert kept.result.tested == told
    assert 0 < told < ASKED.space.size
    search(kept, checkpoint=path)
    assert _told(kept.result) == whole()


class _Backwards(Executor):
    """An executor whose last task is done first."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        if len(self.waiting) == 4:
            for waiting, work in reversed(self.waiting):
                waiting.set_result(work())
            self.waiting.clear()
        return future


def test_runs_are_as_long_as_half_a_second(tmp_path: Path) -> None:
    """Where specs are analyzed one by one, an interruption loses no more."""
    found = space("densenet-bc-100-12", repeats=[range(1, 21)] * 3)
    path = tmp_path / "kept.json"

    def interrupt(done: int, total: int, said: str) -> None:
        if done > 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(Progress(query(found)), checkpoint=path, watch=interrupt)
    assert 64 < resumed(query(found), path).result.tested < 2000


def test_any_executor_will_do() -> None:
    progress = Progress(ASKED)
    search(progress, _Backwards(), ahead=4, length=ASKED.space.size // 8)
    assert _told(progress.result) == whole()
    progress = Progress(ASKED)
    with ThreadPoolExecutor(3) as threads:
        search(progress, threads, length=999)
    assert _told(progress.result) == whole()


@pytest.mark.slow
def test_processes_find_the_same() -> None:
    progress = Progress(ASKED)
    with processes(2) as pool:
        search(progress, pool, length=1000)
    assert _told(progress.result) == whole()


def _fatal(*_: object) -> None:
    os._exit(1)


@pytest.mark.slow
def test_a_lost_process_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    progress = Progress(ASKED)
    progress.add((0, 1000), explore(ASKED, 0, 1000))
    with processes(1) as pool:
        pool.submit(_fatal)
        with pytest.raises(BudgetError, match="a worker is lost"):
            search(progress, pool, length=1000, checkpoint=path)
    assert resumed(ASKED, path).result.tested == 1000


def test_a_pool_that_breaks_before_more_is_given_to_it_is_told() -> None:
    class Broken(ThreadPoolExecutor):
        def submit(self, *words: Any, **more: Any) -> Any:
            raise BrokenExecutor("a child process terminated abruptly")

    with Broken(1) as pool, pytest.raises(BudgetError, match="a worker is lost"):
        search(Progress(ASKED), pool, length=1000)


@pytest.mark.slow
def test_a_dask_cluster_finds_the_same_while_one_of_its_workers_is_killed() -> None:
    distributed = pytest.importorskip("distributed")
    quiet = {"silence_logs": 50, "dashboard_address": None}
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", **quiet
    ) as local:
        first = next(iter(local.workers.values()))
        victim = first.pid
        killed = False

        def kill_once(done: int, total: int, said: str) -> None:
            nonlocal killed
            if not killed and done > total / 4:
                os.kill(victim, 9)
                killed = True

        progress = Progress(ASKED)
        with cluster(local.scheduler_address) as (executor, count):
            assert count == 2
            search(progress, executor, length=300, ahead=4, watch=kill_once)
        assert killed
        assert _told(progress.result) == whole()


def test_no_scheduler_answers() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(BudgetError, match="no Dask scheduler answers"), cluster("nowhere"):
        raise AssertionError


def test_a_networks_own_front_holds_it() -> None:
    found = ha.budget(
        channels=[[12, 24], [24, 48], 96, 192],
        at_most={"params": 10**6},
        check=["henet-r3", "vgg16", ha.Spec(channels=(12, 48, 96, 288))],
    )
    own, large, behind = found.checks
    assert own.holds
    assert own.better is None
    assert [bound.measure for bound in large.broken] == ["params"]
    assert behind.better is not None
    assert behind.better.spec.channels == (24, 48, 96, 192)  # type: ignore[attr-defined]
    assert not found.holds
    assert "params <= 1.000M" in str(found)
    assert own.network.figures["params"] == 87_058


def test_objectives_and_bounds_are_checked() -> None:
    found = space(channels=[[12, 24], 48, 96, 192])
    for said, message in (
        ({"maximize": ["macs"], "minimize": ["macs"]}, "both large and small"),
        ({"maximize": [], "minimize": []}, "nothing is to be best"),
        ({"maximize": ["flops"]}, "unknown measure 'flops'"),
        ({"at_least": {"macs": 2}, "at_most": {"macs": 1}}, "at least 2 and at most 1"),
    ):
        with pytest.raises(HenetArchError, match=message):
            query(found, **said)


def test_impossible_bounds_of_a_large_space_are_told_before_the_search() -> None:
    wide = [range(2, 402, 2), range(2, 402, 2), range(2, 402, 2), [192, 384, 768]]
    with pytest.raises(BudgetError, match=r"params <= 10\b(.|\n)*every henet of this space has"):
        ha.budget(channels=wide, at_most={"params": 10})
    with pytest.raises(BudgetError, match=r"or less"):
        ha.budget(channels=wide, at_least={"macs": 10**12})
    with pytest.raises(LimitError, match=r"the space has 2,000 specs: .* on one core"):
        ha.budget(channels=[range(2, 42, 2), range(2, 202, 2), 96, 192], max_specs=100)
    with pytest.raises(LimitError, match=r"the space has 1\.0e\+24 specs"):
        ha.budget(channels=[range(1, 10**6 + 1)] * 4)


def test_nothing_within_the_bounds_is_an_answer() -> None:
    found = ha.budget(channels=[[12, 24], [48, 50], 96, 192], at_most={"params": 80_000})
    assert isinstance(found, SearchResult)
    assert not found.holds
    assert found.points == ()
    assert "0 of them within params <= 80.00k" in str(found)
    assert _told(nothing(found.query)) == [0, 0, 0, [], [], []]


@given(spaces(), st.data())
@examples(10)
def test_the_nearest_to_bounds_is_that_of_brute_force(found: Space, data: st.DataObject) -> None:
    figures = [brute_force(found, index) for index in range(min(found.size, 60))]
    known = {index: row for index, row in enumerate(figures) if row}
    least = min((row["params"] for row in known.values()), default=1)
    bounds = {"params": least - 1, "macs": data.draw(st.sampled_from((1, 10**15)))}
    asked = query(found, at_most=bounds)
    halves = [explore(asked, 0, len(figures) // 2), explore(asked, len(figures) // 2, len(figures))]
    explored = halves[1].and_(halves[0])
    assert explored.within == 0
    assert len(explored.nearest) == (2 if known else 0)
    for (_, number), near in explored.nearest.items():
        bound = asked.bounds[number]
        other = asked.bounds[1 - number]
        ranked = {
            index: (not other.holds(row[other.measure]), row[bound.measure], index)
            for index, row in known.items()
        }
        assert near.number == min(ranked, key=lambda index: ranked[index])
