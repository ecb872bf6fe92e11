"""Isomorphisms of coloured graphs, with networkx as the judge."""

from __future__ import annotations

import random

import networkx
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from henet_arch.weights.isomorphism import NoIsomorphismError, isomorphism

Edges = list[tuple[int, int]]


def _neighbours(edges: Edges, count: int, start: int = 0) -> list[list[tuple[int, int]]]:
    result: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for one, other in edges:
        result[one].append((0, start + other))
        result[other].append((1, start + one))
    return result


def _mapped(colours: list[int], one: Edges, other: Edges, others: list[int]) -> dict[int, int]:
    count = len(colours)
    beside = [*_neighbours(one, count), *_neighbours(other, count, count)]
    pairs = isomorphism([*colours, *others], beside, count)
    return {vertex - count: own for vertex, own in pairs.items()}


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[list[int], Edges]:
    count = draw(st.integers(1, 7))
    vertices = st.integers(0, count - 1)
    colours = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    edges = draw(st.lists(st.tuples(vertices, vertices), max_size=12, unique=True))
    return colours, edges


@examples(100)
@given(_graphs(), st.randoms(use_true_random=False))
def test_a_graph_with_its_vertices_in_another_order(
    graph: tuple[list[int], Edges], chance: random.Random
) -> None:
    colours, edges = graph
    order = list(range(len(colours)))
    chance.shuffle(order)  # the new number of each vertex
    moved = [(order[one], order[other]) for one, other in edges]
    others = [colours[order.index(vertex)] for vertex in range(len(colours))]
    pairs = _mapped(colours, edges, moved, others)
    assert sorted((pairs[one], pairs[other]) for one, other in moved) == sorted(edges)
    assert [colours[pairs[vertex]] for vertex in range(len(colours))] == others


@examples(150)
@given(_graphs(), _graphs())
def test_networkx_agrees(one: tuple[list[int], Edges], other: tuple[list[int], Edges]) -> None:
    if len(one[0]) != len(other[0]):
        return
    digraphs: list[networkx.DiGraph[int]] = []
    for colours, edges in (one, other):
        graph: networkx.DiGraph[int] = networkx.DiGraph()
        graph.add_nodes_from((v, {"colour": c}) for v, c in enumerate(colours))
        graph.add_edges_from(edges)
        digraphs.append(graph)
    wanted = networkx.is_isomorphic(
        digraphs[0], digraphs[1], node_match=lambda a, b: bool(a["colour"] == b["colour"])
    )
    try:
        _mapped(one[0], one[1], other[1], other[0])
        held = True
    except NoIsomorphismError as error:
        assert error.certain
        held = False
    assert held == wanted


def _rings(*sizes: int) -> Edges:
    """Rings that read one another in both directions: no vertex differs from another."""
    edges, start = [], 0
    for size in sizes:
        ring = [(start + i, start + (i + 1) % size) for i in range(size)]
        edges += [*ring, *((other, one) for one, other in ring)]
        start += size
    return edges


def test_choices_are_taken_back() -> None:
    """Two rings of three are no ring of six, which only a choice shows."""
    with pytest.raises(NoIsomorphismError) as caught:
        _mapped([0] * 6, _rings(6), _rings(3, 3), [0] * 6)
    assert caught.value.certain
    pairs = _mapped([0] * 12, _rings(3, 4, 5), _rings(5, 3, 4), [0] * 12)
    assert len(pairs) == 12


def test_a_search_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("henet_arch.weights.isomorphism.MOST_FAILURES", 2)
    with pytest.raises(NoIsomorphismError) as caught:
        _mapped([0] * 12, _rings(12), _rings(3, 3, 6), [0] * 12)
    assert not caught.value.certain
