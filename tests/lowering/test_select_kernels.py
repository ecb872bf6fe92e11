"""Which kernel computes each step, and what is said where none can."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from examples import examples
from hypothesis import given
from lowering.wiring import Net, step_of
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir.dims import Shape
from henet_arch.ir.graph import Graph
from henet_arch.ir.layer import Layer, Ops
from henet_arch.ir.layers import (
    AvgPool2d,
    Conv2d,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Softmax,
)
from henet_arch.lowering.elide_moves import elide_moves
from henet_arch.lowering.matrix import is_matrix
from henet_arch.lowering.plan import plan
from henet_arch.lowering.select_kernels import select_kernels, signature
from henet_arch.lowering.window_loop import window_loop
from henet_arch.lowering.winograd import is_open
from henet_arch.support.errors import EmitError


def _kernels(graph: Graph) -> dict[str, str]:
    return {name: choice.kernel for name, choice in plan(graph).choices.items()}


def _kernel(net: Net, **tuned: str) -> str:
    return select_kernels(elide_moves(net.finish()), tuned)[net.last.name].kernel


def test_the_paper_network() -> None:
    graph = ha.build("henet-r3")
    for name, kernel in _kernels(graph).items():
        layer = graph[name].layer
        if name == "input":
            expected = "copy"
        elif graph[name].shape[1:] in ((), (1, 1)):
            expected = "lanes"
        elif ".block" in name and isinstance(layer, Conv2d) and layer.kernel == (3, 3):
            expected = "winograd"
        else:
            expected = "direct"
        assert kernel == expected, name
    assert list(_kernels(graph).values()).count("winograd") == 9


def test_shufflenet_is_depthwise_in_the_middle_of_its_blocks() -> None:
    graph = ha.build("shufflenet-r3")
    for name, kernel in _kernels(graph).items():
        layer = graph[name].layer
        one_by_one = isinstance(layer, Conv2d) and layer.groups == layer.in_channels
        by_planes = kernel in ("depthwise", "strips")
        assert by_planes == (one_by_one or layer.kind == "avg_pool2d"), name
    assert _kernels(graph)["head.pool"] == "mean"
    assert _kernels(graph)["head.fc"] == "lanes"


@pytest.mark.parametrize(
    ("layer", "kernel"),
    [
        (Conv2d(8, 8, (3, 3), padding=(1, 1)), "winograd"),
        (Conv2d(8, 8, (3, 1)), "winograd"),
        (Conv2d(8, 8, (3, 3), dilation=(1, 2)), "winograd"),
        (Conv2d(8, 8, (3, 3), dilation=(2, 1)), "direct"),
        (Conv2d(8, 8, (1, 3)), "direct"),
        (Conv2d(8, 8, (5, 5)), "direct"),
        (Conv2d(8, 16, (5, 5)), "winograd_matrix"),
        (Conv2d(8, 16, (5, 5), dilation=(2, 1)), "matrix"),
        (Conv2d(8, 48, (2, 4)), "matrix"),
        (Conv2d(8, 32, (5, 5), (2, 2)), "direct"),
        (Conv2d(8, 8, (3, 3), (2, 2)), "direct"),
        (Conv2d(8, 8, (3, 3), (1, 2)), "direct"),
        (Conv2d(8, 8, (3, 3), groups=2), "winograd"),
        (Conv2d(8, 8, (3, 3), groups=4), "direct"),
        (Conv2d(8, 8, (3, 3), groups=8), "depthwise"),
        (Conv2d(8, 16, (3, 3), groups=8), "direct"),
        (Conv2d(8, 8, (9, 9)), "lanes"),
        (Conv2d(8, 8, (9, 9), groups=8), "lanes"),
        (MaxPool2d((2, 2), (2, 2)), "largest"),
        (MaxPool2d((9, 9), (1, 1)), "largest"),
        (AvgPool2d((2, 2), (2, 2)), "strips"),
        (AvgPool2d((3, 3), (3, 3)), "depthwise"),
        (Conv2d(8, 8, (3, 3), (2, 2), padding=(1, 1), groups=8), "strips"),
        (Conv2d(8, 8, (3, 3), padding=(3, 3), groups=8), "strips"),
        (Conv2d(8, 8, (1, 3), (2, 2), groups=8), "depthwise"),
        (AvgPool2d((9, 9), (1, 1)), "mean"),
        (GlobalAvgPool2d(), "mean"),
    ],
    ids=str,
)
def test_the_table(layer: Layer, kernel: str) -> None:
    net = Net(8, 9, 9)
    net.put("layer", layer, net.image)
    assert _kernel(net) == kernel


def test_where_columns_would_be_wasted_channels_are_the_lanes_of_tiles() -> None:
    for size, kernel in ((8, "winograd_matrix"), (16, "winograd_matrix"), (31, "winograd")):
        net = Net(64, size, size)
        net.conv("conv", net.image, 64 if size < 31 else 24, 3)
        assert _kernel(net) == kernel


@pytest.mark.parametrize(("rows", "kernel"), [(3, "direct"), (4, "winograd")])
def test_few_rows_are_no_tiles(rows: int, kernel: str) -> None:
    net = Net(8, rows, 9)
    net.conv("conv", net.image, 8, 3)
    assert _kernel(net) == kernel


def test_a_linear_layer_is_lanes_whatever_it_reads() -> None:
    net = Net()
    net.put("fc", Linear(120, 7), net.put("flatten", Flatten(), net.image))
    assert _kernel(net) == "lanes"


def test_what_was_measured_comes_first_where_both_can() -> None:
    net = Net(8, 9, 9)
    conv = net.conv("conv", net.image, 8, 3)
    found = window_loop(step_of(elide_moves(net.finish()), conv.name))
    assert found
    assert is_open(found)
    key = signature(found)
    for kernel in ("direct", "winograd"):
        choice = select_kernels(elide_moves(net.finish()), {key: kernel})["conv"]
        assert (choice.kernel, "measured" in choice.reason) == (kernel, True)
    for said in ({key: "lanes"}, {key + " ": "direct"}):
        choice = select_kernels(elide_moves(net.finish()), said)["conv"]
        assert (choice.kernel, "measured" in choice.reason) == ("winograd", False)


def test_what_was_measured_changes_nothing_where_one_kernel_can() -> None:
    net = Net(8, 9, 9)
    net.conv("wide", net.conv("depthwise", net.image, 8, 3, groups=8), 8, 7)
    program = elide_moves(net.finish())
    keys = [signature(found) for step in program.steps if (found := window_loop(step))]
    assert select_kernels(program, dict.fromkeys(keys, "winograd")) == select_kernels(program)


def test_a_measured_choice_reaches_the_plan() -> None:
    graph = ha.build("henet-r3")
    made = plan(graph)
    keys = [signature(found) for step in made.program.steps if (found := window_loop(step))]
    chosen = plan(graph, dict.fromkeys(keys, "direct")).choices
    assert "winograd" not in {choice.kernel for choice in chosen.values()}
    assert chosen.keys() == made.choices.keys()


@dataclass(frozen=True)
class Strange(Layer):
    """A kind that nobody has written a kernel for."""

    kind = "strange"

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(sqrt=1)


def test_a_kind_that_no_kernel_computes_is_named() -> None:
    net = Net()
    net.relu("last", net.put("block.odd", Strange(), net.image))
    with pytest.raises(EmitError, match="no kernel computes strange") as caught:
        plan(net.finish())
    assert caught.value.where == "block.odd"


@pytest.mark.parametrize("layer", [Softmax(), LocalResponseNorm(3)], ids=lambda v: v.kind)
def test_some_kinds_are_computed_place_by_place(layer: Layer) -> None:
    net = Net()
    net.put("odd", layer, net.image)
    assert plan(net.finish()).choices["odd"].kernel == layer.kind


def test_functions_of_the_c_library_are_computed_element_by_element() -> None:
    net = Net()
    flat = net.put("flat", Flatten(), net.image)
    net.put("odd", Elementwise("log"), flat)
    assert plan(net.finish()).choices["odd"].kernel == "elementwise"


def test_a_kind_that_no_output_depends_on_is_no_trouble() -> None:
    net = Net()
    conv = net.conv("conv", net.image)
    net.put("dead", Strange(), conv)
    assert "dead" not in plan(net.finish([conv])).choices


@given(specs() | networks())
@examples(40)
def test_each_kernel_can_compute_what_it_is_chosen_for(spec: ha.Spec) -> None:
    made = plan(ha.build(spec))
    for step in made.program.steps:
        found, kernel = window_loop(step), made.choices[step.name].kernel
        assert made.choices[step.name].reason
        if found is None:
            assert kernel in (
                *("copy", "mean", "softmax", "elementwise", "local_response_norm", "average"),
            )
        elif kernel in ("winograd", "winograd_matrix"):
            assert is_open(found)
            assert kernel == "winograd_matrix" or found.window.kernel[0] == 3
        elif kernel == "lanes":
            assert found.size == (1, 1)
            assert not found.largest
        elif kernel in ("depthwise", "strips"):
            assert (found.inputs, found.outputs, found.largest) == (1, 1, False)
        elif kernel == "matrix":
            assert is_matrix(found)
        else:
            assert kernel == ("largest" if found.largest else "direct")
