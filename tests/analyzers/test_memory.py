"""Peak memory of small graphs, worked out by hand, and against a simulated allocator."""

from __future__ import annotations

from hypothesis import given
from strategies import specs

import henet_arch as ha
from henet_arch.ir.graph import GraphBuilder, Node
from henet_arch.ir.layers import (
    Add,
    Concat,
    Conv2d,
    Elementwise,
    Input,
)


def _live(builder: GraphBuilder) -> list[int]:
    """Live elements at each layer."""
    return [count // 4 for count in ha.analyze(builder.finish()).memory.live_bytes_by_layer]


def _started() -> tuple[GraphBuilder, Node]:
    builder = GraphBuilder("net", "test")
    return builder, builder.add("input", Input((1, 10, 10)))


def test_a_chain_holds_two_maps_and_works_in_place() -> None:
    builder, x = _started()
    x = builder.add("conv1", Conv2d(1, 3, (1, 1)), [x])
    x = builder.add("relu", Elementwise("relu"), [x])
    builder.add("conv2", Conv2d(3, 2, (1, 1)), [x])
    assert _live(builder) == [100, 400, 300, 500]


def test_a_map_that_is_read_later_cannot_be_overwritten() -> None:
    builder, x = _started()
    conv = builder.add("conv", Conv2d(1, 3, (1, 1)), [x])
    relu = builder.add("relu", Elementwise("relu"), [conv])
    builder.add("add", Add(), [relu, conv])
    assert _live(builder) == [100, 400, 600, 600]


def test_an_operand_that_comes_twice_is_freed_once() -> None:
    builder, x = _started()
    x = builder.add("add", Add(), [x, x])
    x = builder.add("join", Concat(), [x, x])
    builder.add("last", Elementwise("relu"), [x])
    assert _live(builder) == [100, 100, 300, 200]


def test_a_map_that_nothing_reads_is_held_to_the_end() -> None:
    builder, x = _started()
    builder.add("unread", Conv2d(1, 5, (1, 1)), [x])
    builder.add("relu", Elementwise("relu"), [x])
    assert _live(builder) == [100, 600, 600]


def test_the_peak_of_the_paper_network() -> None:
    """At the first concatenation X, H and [X, H] are held: 4 * 24 maps of 31 x 31 in fp32."""
    memory = ha.analyze("henet-r3").memory
    assert memory.peak_bytes == 4 * 24 * 31 * 31 * 4
    assert memory.peak_layer == "stage1.block1.concat"


@given(specs())
def test_an_allocator_that_frees_what_is_read_needs_exactly_the_peak(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    readers = {node.name: [n.name for n in graph if node.name in n.inputs] for node in graph}
    buffers: dict[str, int] = {}
    owner: dict[str, str] = {}
    peak = 0
    for node in graph:
        size = 1
        for length in node.shape:
            size *= length
        done = [name for name in dict.fromkeys(node.inputs) if readers[name][-1] == node.name]
        free = [owner.pop(name) for name in done]
        reused = next((b for b in free if buffers[b] == size and node.layer.in_place), None)
        owner[node.name] = reused or node.name
        buffers[owner[node.name]] = size
        peak = max(peak, sum(buffers.values()))
        for buffer in free:
            if buffer != reused:
                del buffers[buffer]
    assert ha.analyze(graph).memory.peak_bytes == 4 * peak
