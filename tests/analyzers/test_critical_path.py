"""Longest chains and parallel width against networkx, and by hand."""

from __future__ import annotations

from itertools import combinations, pairwise

import networkx
import pytest
import sympy
from examples import examples
from graphs import graphs
from hypothesis import given
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.analyzers.critical_path import CriticalPath, analyze
from henet_arch.forms import rendered
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layers import Add, Conv2d, Elementwise, Input
from henet_arch.support.errors import ShapeError


def _longest(graph: Graph, found: CriticalPath, *, macs: bool) -> int:
    """The longest way by networkx, each layer's cost being on the edges to it."""
    costs = dict(zip((node.name for node in graph), found.macs_by_layer, strict=True))
    held: networkx.DiGraph[str] = networkx.DiGraph()
    for node in graph:
        cost = costs[node.name] if macs else 1
        held.add_edges_from(((name, node.name) for name in (node.inputs or ("",))), cost=cost)
    length: int = networkx.dag_longest_path_length(held, weight="cost")
    return length


def _check(graph: Graph) -> None:
    found = analyze(graph)
    for chain in (found.longest, found.heaviest):
        assert all(before in graph[after].inputs for before, after in pairwise(chain))
    assert len(found.longest) == _longest(graph, found, macs=False)
    assert found.macs_of(found.heaviest) == _longest(graph, found, macs=True)
    assert found.macs == ha.analyze(graph).macs
    closure = networkx.transitive_closure_dag(networkx.DiGraph(graph.nx))
    assert not any(closure.has_edge(*pair) for pair in combinations(found.widest, 2))
    assert len(found.widest) == _width(closure)


def _width(closure: networkx.DiGraph[str]) -> int:
    """Layers less the pairs of a largest matching, by networkx."""
    pairs: networkx.Graph[tuple[str, str]] = networkx.Graph()
    pairs.add_nodes_from(("upper", name) for name in closure)
    pairs.add_edges_from((("upper", a), ("lower", b)) for a, b in closure.edges)
    tops = [("upper", name) for name in closure]
    matched = networkx.bipartite.hopcroft_karp_matching(pairs, tops)
    return len(tops) - len(matched) // 2


@examples(40)
@given(graphs())
def test_any_wiring(graph: Graph) -> None:
    _check(graph)


@examples(25)
@given(st.data())
def test_wide_and_narrow_wirings(data: st.DataObject) -> None:
    """More layers than `graphs` has, reading few of those before them, near ones or any."""
    builder = GraphBuilder("net", "test")
    nodes = [builder.add("image", Input((2, 2, 2)))]
    for index in range(data.draw(st.integers(15, 40))):
        near = nodes[-data.draw(st.sampled_from((2, 4, 40))) :]
        inputs = data.draw(st.lists(st.sampled_from(near), min_size=1, max_size=3))
        layer = Add() if len(inputs) > 1 else Elementwise("relu")
        nodes.append(builder.add(f"layer{index}", layer, inputs))
    _check(builder.finish())


@examples(25)
@given(specs() | networks())
def test_networks(spec: ha.Spec) -> None:
    _check(ha.build(spec))


@examples(25)
@given(graphs())
def test_the_width_is_that_of_the_largest_antichain_of_all(graph: Graph) -> None:
    small = graph.nodes[:9]
    graph = Graph("net", "test", small, (small[-1].name,))
    chains = networkx.antichains(networkx.DiGraph(graph.nx))
    assert len(analyze(graph).widest) == max(map(len, chains))


def test_the_heaviest_chain_is_not_the_longest() -> None:
    builder = GraphBuilder("net", "test")
    x = builder.add("image", Input((4, 3, 3)))
    y = builder.add("a.heavy", Conv2d(4, 4, (3, 3), padding=(1, 1)), [x])
    z = builder.add("b.relu1", Elementwise("relu"), [x])
    z = builder.add("b.relu2", Elementwise("relu"), [z])
    builder.add("add", Add(), [y, z])
    found = analyze(builder.finish())
    assert found.longest == ("image", "b.relu1", "b.relu2", "add")
    assert found.heaviest == ("image", "a.heavy", "add")
    assert (found.macs_of(found.longest), found.macs_of(found.heaviest)) == (0, 4 * 9 * 4 * 9)
    assert len(found.widest) == 2
    assert found.records()[1] == {
        "layer": "a.heavy",
        "macs": 1296,
        "on_longest": False,
        "on_heaviest": True,
        "in_widest": True,
    }
    assert "parallel width: 2 layers" in rendered(found, "table")


def test_no_two_layers_of_the_paper_network_are_independent() -> None:
    graph = ha.build("henet-r4")
    found = analyze(graph)
    assert found.longest == found.heaviest == tuple(node.name for node in graph)
    assert len(found.widest) == 1


def test_an_inception_block_has_four_branches() -> None:
    assert len(analyze(ha.build("googlenet")).widest) == 4


@pytest.mark.parametrize("name", ["googlenet", "densenet121"])
def test_the_width_of_large_networks(name: str) -> None:
    graph = ha.build(name)
    closure = networkx.transitive_closure_dag(networkx.DiGraph(graph.nx))
    assert len(analyze(graph).widest) == _width(closure)


def test_open_sizes_are_refused() -> None:
    builder = GraphBuilder("net", "test")
    builder.add("image", Input((sympy.Symbol("C", positive=True), 7, 7)))
    with pytest.raises(ShapeError, match="the size C is no number"):
        analyze(builder.finish())
