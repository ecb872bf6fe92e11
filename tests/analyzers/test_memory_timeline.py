"""The best order against all orders of small graphs, and the timeline against the analysis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from math import prod

import networkx
import pytest
from examples import examples
from graphs import graphs
from hypothesis import given

import henet_arch as ha
from henet_arch.analyzers import _ordering as ordering
from henet_arch.analyzers import memory, memory_timeline
from henet_arch.analyzers.memory_timeline import analyze
from henet_arch.forms import rendered
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layers import Add, Concat, Conv2d, Input
from henet_arch.support.errors import LimitError, ShapeError

MOST_ORDERS = 400


def _orders(graph: Graph) -> Iterator[int]:
    """The peak of every order in which the layers can run."""
    for names in networkx.all_topological_sorts(graph.nx):
        nodes = tuple(graph[name] for name in names)
        yield memory.analyze(replace(graph, nodes=nodes)).peak_bytes


def _is_order(graph: Graph, of: Graph) -> bool:
    """Whether each layer of `of` stands there once, after what it reads."""
    seen: set[str] = set()
    for node in graph:
        assert set(node.inputs) <= seen
        seen.add(node.name)
    return sorted(graph.nodes, key=str) == sorted(of.nodes, key=str)


def _branches(widths: tuple[int, ...], pixels: int = 10) -> Graph:
    """Branches that are wide within and narrow at their ends; level by level, which is bad."""
    builder = GraphBuilder("branches", "test")
    image = builder.add("image", Input((1, pixels, pixels)))
    wide = [builder.add(f"wide{i}", Conv2d(1, w, (1, 1)), [image]) for i, w in enumerate(widths)]
    ends = [
        builder.add(f"end{i}", Conv2d(w, 1, (1, 1)), [node])
        for i, (w, node) in enumerate(zip(widths, wide, strict=True))
    ]
    builder.add("join", Concat(), ends)
    return builder.finish()


@examples(50)
@given(graphs())
def test_no_order_of_a_small_graph_needs_less(graph: Graph) -> None:
    found = analyze(graph)
    peaks = list(islice(_orders(graph), MOST_ORDERS))
    assert _is_order(found.ordered.graph, graph)
    assert found.ordered.least_bytes <= found.best.peak.live_bytes <= min(peaks)
    if len(peaks) < MOST_ORDERS:
        assert found.ordered.proven
        assert found.ordered.least_bytes == min(peaks)


@given(graphs())
def test_a_search_that_ends_early_is_never_worse_and_says_so(graph: Graph) -> None:
    exact = ordering.least_peak(graph).least_bytes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "MOST_TRIES", 1)
        found = analyze(graph)
    assert _is_order(found.ordered.graph, graph)
    assert found.ordered.least_bytes <= exact <= found.best.peak.live_bytes
    assert found.best.peak.live_bytes <= found.own.peak.live_bytes


@given(graphs())
def test_what_is_held_adds_up_to_what_is_live(graph: Graph) -> None:
    found = analyze(graph)
    for line, order in ((found.own, graph), (found.best, found.ordered.graph)):
        sums = [4 * sum(prod(graph[name].shape) for name in m.held) for m in line.moments]
        assert sums == [moment.live_bytes for moment in line.moments]
        assert sums == list(memory.analyze(order).live_bytes_by_layer)
        assert [moment.layer for moment in line.moments] == [node.name for node in order]


def test_branches_run_one_after_the_other() -> None:
    """Image, the widest branch and its end; the wide maps of the others are not there yet."""
    found = analyze(_branches((4, 8, 6)))
    assert found.own.peak.live_bytes == 4 * 100 * (1 + 4 + 8 + 6)
    assert found.best.peak.live_bytes == 4 * 100 * (1 + 8 + 1)
    assert found.ordered.proven
    told = "47.4% less than the graph's own order; no order of whole layers needs less"
    assert told in " ".join(str(rendered(found, "table")).split())


def test_xception_needs_less_when_its_skips_run_first() -> None:
    found = analyze(ha.build("xception"))
    assert found.best.peak.live_bytes < found.own.peak.live_bytes == 27_659_520
    assert found.ordered.proven


@pytest.mark.parametrize("name", ["henet-r3", "googlenet", "densenet201", "resnet152"])
def test_the_own_order_of_these_is_proven_best(name: str) -> None:
    found = analyze(ha.build(name))
    assert found.ordered.proven
    assert found.best == found.own
    assert found.own.peak.live_bytes == ha.analyze(name).memory.peak_bytes


def test_a_large_network_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "MOST_LAYERS", 5)
    found = analyze(_branches((4, 8, 6)))
    assert found.best == found.own
    assert not found.ordered.proven
    assert "not proven best (not searched: more than 5 layers)" in rendered(found, "markdown")


def test_a_hard_graph_ends_within_the_limit() -> None:
    """Each pair of many branches joins, so that what is freed depends on all that ran."""
    builder = GraphBuilder("hard", "test")
    image = builder.add("image", Input((1, 8, 8)))
    maps = [builder.add(f"a{i}", Conv2d(1, 2 + i % 5, (1, 1)), [image]) for i in range(24)]
    joins = [
        builder.add(f"j{i}", Concat(), [maps[i], maps[i * 7 % 24], maps[(i * 5 + 3) % 24]])
        for i in range(24)
    ]
    ends = [
        builder.add(f"e{i}", Conv2d(int(j.channels), 2, (1, 1)), [j]) for i, j in enumerate(joins)
    ]
    builder.add("sum", Add(), ends)
    found = analyze(builder.finish())
    assert found.ordered.least_bytes <= found.best.peak.live_bytes < found.own.peak.live_bytes


def test_too_many_maps_to_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_timeline, "MOST_HELD", 10)
    with pytest.raises(LimitError, match="more than 10 maps are held, summed over the layers"):
        analyze(_branches((4, 8, 6))).tables()


def test_plain_values_and_rows() -> None:
    found = analyze(_branches((4, 8)))
    told = found.to_dict()
    assert told["own_order"]["peak_activation_layer"] == "wide1"
    assert told["search"]["proven"] is True
    assert len(found.records()) == 2 * len(found.graph)
    assert found.records()[1]["held"] == "image wide0"


def test_open_sizes_have_no_best_order() -> None:
    from sympy import Symbol

    builder = GraphBuilder("open", "test")
    builder.add("image", Input((1, Symbol("h", positive=True, integer=True), 4)))
    with pytest.raises(ShapeError, match="needs numbers, not"):
        analyze(builder.finish())
