"""What holds for every network."""

from __future__ import annotations

import networkx as nx
from examples import examples
from henet_arch.rules.grouping import rule
from hypothesis import given
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir.layer import Ops
from henet_arch.ir.layers import Conv2d
from henet_arch.spec.files import DUMPS, dumps, parse


@given(specs() | networks())
def test_totals_are_the_sums_of_layers_blocks_and_stages(spec: ha.Spec) -> None:
    report = ha.analyze(spec)
    for parts in (report.layers, report.blocks(), report.stages()):
        assert sum(part.params for part in parts) == report.params
        assert sum(part.macs for part in parts) == report.macs
        assert sum(part.activations for part in parts) == report.memory.activations
        assert sum(part.weight_bytes for part in parts) == report.parameters.weight_bytes
    assert Ops.sum(layer.ops for layer in report.layers) == report.operations.total
    assert report.macs == report.operations.total.mac


@given(specs() | networks())
def test_specs_and_graphs_come_back_as_they_were(spec: ha.Spec) -> None:
    for form in DUMPS:
        assert parse(dumps(spec, form), form) == spec
    graph = ha.build(spec)
    assert ha.from_json(ha.to_json(graph)) == graph


@given(specs())
def test_convolutions_have_the_groups_of_the_rule(spec: ha.Spec) -> None:
    choice: str | int = spec.model_dump()["groups"]
    for block in ha.analyze(spec).blocks():
        convs = [layer.node for layer in block.layers if isinstance(layer.node.layer, Conv2d)]
        if block.name == "stem":
            assert convs[0].layer.attributes()["groups"] == 1
        elif convs:
            m, n, _ = rule(choice)(convs[0].channels)
            groups = [conv.layer.attributes()["groups"] for conv in convs]
            assert groups in ([m, n], [m, convs[0].channels, n])


@given(specs())
def test_groups_divide_both_sides(spec: ha.Spec) -> None:
    for node in ha.build(spec):
        if isinstance(node.layer, Conv2d):
            assert node.input_shapes[0][0] % node.layer.groups == 0
            assert node.shape[0] % node.layer.groups == 0


@given(specs(padding="odd-resolution"))
def test_no_even_size_is_reduced_without_padding(spec: ha.Spec) -> None:
    for node in ha.build(spec):
        window = node.layer.window
        if window is None or window.stride == (1, 1):
            continue
        for axis, size in enumerate(node.input_shapes[0][1:]):
            assert size % 2 or window.sides(axis)[0] > 0
            last = (node.shape[1 + axis] - 1) * window.stride[axis] - window.sides(axis)[0]
            assert last + window.kernel[axis] >= size, "a pixel is dropped"


@given(specs(repeats=2))
@examples(50)
def test_a_repetition_adds_exactly_its_own_cost(spec: ha.Spec) -> None:
    """From the second repetition on every block is the same, so that growth is linear."""
    small, middle, large = (ha.analyze(spec.replace(repeats=r)) for r in (2, 3, 4))
    last = [block for block in large.blocks() if block.name.endswith(".block4")]
    assert large.params - middle.params == sum(block.params for block in last)
    assert large.params - middle.params == middle.params - small.params
    assert large.macs - middle.macs == sum(block.macs for block in last)
    assert large.macs - middle.macs == middle.macs - small.macs


@given(specs())
def test_peak_memory_is_between_its_bounds(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    memory = ha.analyze(graph).memory
    sizes = dict(zip(memory.names, memory.activations_by_layer, strict=True))
    for node in graph:
        if not node.layer.in_place:
            together = sizes[node.name] + sum(sizes[name] for name in set(node.inputs))
            assert memory.peak_bytes >= 4 * together
    assert memory.peak_bytes <= 4 * memory.activations
    assert memory.peak_bytes == max(memory.live_bytes_by_layer)


@given(specs())
def test_networkx_takes_the_graph(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    assert nx.is_directed_acyclic_graph(graph.nx)
    assert nx.is_weakly_connected(graph.nx)
    place = {name: index for index, name in enumerate(graph.nx)}
    assert all(place[a] < place[b] for a, b in graph.nx.edges())
    for node in graph:
        operands = sorted(graph.nx.in_edges(node.name, keys=True), key=lambda edge: edge[2])
        assert tuple(edge[0] for edge in operands) == node.inputs
        assert graph.nx.nodes[node.name]["kind"] == node.layer.kind
    assert graph.nx is graph.nx


@given(specs())
def test_every_convolution_says_why(spec: ha.Spec) -> None:
    for node in ha.build(spec):
        if isinstance(node.layer, Conv2d):
            assert node.because
            assert all(all(decision) for decision in node.because)
