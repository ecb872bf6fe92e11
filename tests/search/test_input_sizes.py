"""Planned sizes are those of the network."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.search.input_sizes import plan


def _sizes(graph: Graph, axis: int) -> tuple[int, ...]:
    """The sizes that meet each stride-2 convolution, and the last one."""
    halving = [
        node
        for node in graph
        if node.layer.kind == "conv2d" and node.layer.window and node.layer.window.stride == (2, 2)
    ]
    met = [node.input_shapes[0][axis] for node in halving]
    return (*met, halving[-1].shape[axis])


@given(specs(padding="odd-resolution", strides=2), st.booleans())
def test_the_given_chain_is_that_of_the_network(spec: ha.Spec, last_odd: bool) -> None:
    if not spec.broadcast("strides"):
        return
    graph = ha.build(spec)
    plans = plan(spec, last_odd=last_odd).axes
    for axis, found in zip((1, 2), plans if len(plans) == 2 else plans * 2, strict=True):
        assert found.given is not None
        assert found.given.sizes == _sizes(graph, axis)


@given(specs(padding="odd-resolution", strides=2))
def test_a_planned_input_keeps_every_size_odd(spec: ha.Spec) -> None:
    if not spec.broadcast("strides"):
        return
    for chain in plan(spec, last_odd=True).axes[0].chains:
        graph = ha.build(spec.replace(input=(3, chain.input, chain.input)))
        assert all(size % 2 for size in _sizes(graph, 1))
        assert _sizes(graph, 1) == chain.sizes
