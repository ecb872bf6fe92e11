"""The same network in an order in which scopes stand together."""

from __future__ import annotations

from itertools import groupby

from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layers import Add, Elementwise, Input
from henet_arch.ir.ordering import by_scope
from henet_arch.ir.scope import outermost


@st.composite
def mixed(draw: st.DrawFn) -> Graph:
    """Layers of a few scopes in any order, each of which reads one or two earlier ones."""
    builder = GraphBuilder("mixed")
    nodes = [builder.add("image", Input((2, 3, 3)))]
    for index in range(draw(st.integers(1, 14))):
        scope = draw(st.sampled_from(("a", "b", "a.c", "b.c.d", "")))
        name = f"{scope}.layer{index}" if scope else f"layer{index}"
        read = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=2))
        nodes.append(builder.add(name, Add() if len(read) > 1 else Elementwise("relu"), read))
    return builder.finish(nodes[-1])


@given(mixed())
@examples(300)
def test_the_network_is_the_same_and_can_be_run(graph: Graph) -> None:
    ordered = by_scope(graph)
    assert set(ordered.nodes) == set(graph.nodes)
    assert ordered.outputs == graph.outputs
    done: set[str] = set()
    for node in ordered:
        assert done.issuperset(node.inputs)
        done.add(node.name)
    assert by_scope(ordered).nodes == ordered.nodes


def test_parallel_branches_that_were_mixed_stand_apart() -> None:
    builder = GraphBuilder("branches")
    image = builder.add("image", Input((2, 3, 3)))
    ends = {"left": image, "right": image}
    for index in range(3):
        for side in ends:
            ends[side] = builder.add(f"{side}.relu{index}", Elementwise("relu"), ends[side])
    builder.add("join", Add(), list(ends.values()))
    names = [node.name for node in by_scope(builder.finish())]
    assert [s for s, _ in groupby(map(outermost, names))] == ["image", "left", "right", "join"]


def test_scopes_that_read_each_other_in_turns_stay_mixed() -> None:
    builder = GraphBuilder("turns")
    x = builder.add("image", Input((2, 3, 3)))
    for index in range(3):
        for side in ("left", "right"):
            x = builder.add(f"{side}.relu{index}", Elementwise("relu"), x)
    graph = builder.finish()
    assert by_scope(graph).nodes == graph.nodes
