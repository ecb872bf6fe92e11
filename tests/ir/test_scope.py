"""Names taken apart, and what a graph answers of them."""

from __future__ import annotations

import pytest
from graphs import graphs
from hypothesis import given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.ir import scope
from henet_arch.ir.graph import Graph
from henet_arch.support.errors import UnknownNameError

_NAMES = st.lists(st.sampled_from(["a", "b1", "stage1", "conv"]), min_size=1, max_size=4)


@given(_NAMES)
def test_names_are_words_joined_by_dots(parts: list[str]) -> None:
    name = scope.join(*parts)
    assert scope.words(name) == parts
    assert scope.join(scope.parent(name), scope.leaf(name)) == name
    assert scope.scopes(name) == [scope.join(*parts[:end]) for end in range(1, len(parts))]
    assert scope.outermost(name) == parts[0]
    assert scope.depth(name) == len(parts)
    assert scope.cut(name, None) == name
    for around in scope.scopes(name):
        assert scope.is_inside(name, around)
        assert scope.is_below(name, around)
        assert scope.is_inside(around, around)
        assert not scope.is_below(around, around)
        assert not scope.is_inside(f"{around}0.x", around)
        assert scope.join(around, scope.below(name, around)) == name
        assert scope.cut(name, scope.depth(around)) == around


@given(st.lists(_NAMES.map(".".join), min_size=1, max_size=5), _NAMES)
def test_a_wrapper_is_found_however_deep_it_is(names: list[str], outer: list[str]) -> None:
    inner = scope.wrapper(names)
    assert all(scope.is_below(name, inner) for name in names)
    parted = len({scope.outermost(name) for name in names if scope.depth(name) > 1}) > 1
    wrapped = scope.wrapper(scope.join(*outer, name) for name in names)
    if inner or parted:
        assert wrapped == scope.join(*outer, inner)
    else:
        assert wrapped == ""


@given(graphs())
def test_what_a_graph_answers(graph: Graph) -> None:
    for position, node in enumerate(graph):
        assert graph.positions[node.name] == position
        assert [reader.name for reader in graph.readers[node.name]] == [
            other.name for other in graph if node.name in other.inputs
        ]
        assert graph.inside(node.name) == (node,)
        for around in scope.scopes(node.name):
            inside = [other for other in graph if other.name.startswith(around + ".")]
            assert list(graph.inside(around)) == inside
    assert graph.inside(None) == graph.nodes


def test_an_unknown_scope_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"no layer or block 'stage1.blok2'\n.*stage1.block"):
        ha.build("henet-r3").inside("stage1.blok2")
