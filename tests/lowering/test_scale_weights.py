"""Factors of channels go into the weights that read the map, wherever that is less work."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from c_nearness import check_c
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from instruction_sets import SETS
from lowering.interpreter import check
from lowering.wiring import Net, step_of

from henet_arch.ir.graph import Graph, Node
from henet_arch.ir.layers import Elementwise, GlobalAvgPool2d, Multiply
from henet_arch.lowering.account import Account
from henet_arch.lowering.plan import plan


def _scaled(net: Net, x: Node) -> Node:
    """Squeeze and excitation of a map."""
    factors = net.conv("squeeze", net.put("pool", GlobalAvgPool2d(), x), int(x.channels))
    return net.put("scaled", Multiply(), x, net.put("gate", Elementwise("sigmoid"), factors))


def _graph(last: Callable[[Net, Node, Node], object]) -> Graph:
    """A map, scaled; `last` says who reads it."""
    net = Net()
    x = net.conv("wide", net.image, 6, 3)
    last(net, x, _scaled(net, x))
    return net.finish()


def _fate(graph: Graph) -> str:
    check(graph)
    (fate,) = (fate for fate in Account(graph, plan(graph)).layers if fate.layer == "scaled")
    return f"{fate.done}: {fate.why}" if fate.done == "folded" else fate.done


def test_a_projection_takes_them() -> None:
    graph = _graph(lambda net, x, scaled: net.conv("project", scaled, 15))
    assert _fate(graph) == "folded: into the weights of project, in each run"
    project = step_of(plan(graph).program, "project")
    assert [plane.step for plane in project.source.planes] == ["wide"] * 6
    assert project.factors is not None
    assert [plane.step for plane in project.factors.planes] == ["squeeze"] * 6


READERS: dict[str, Callable[[Net, Node, Node], object]] = {
    "more weights than half the elements": lambda net, x, scaled: net.conv("r", scaled, 16),
    "a window": lambda net, x, scaled: net.conv("r", scaled, 4, 3),
    "room around": lambda net, x, scaled: net.conv("r", scaled, 4, padding=(1, 1)),
    "a stride": lambda net, x, scaled: net.conv("r", scaled, 4, stride=(2, 2)),
    "groups": lambda net, x, scaled: net.conv("r", scaled, 4, groups=2),
    "nobody": lambda net, x, scaled: None,
    "two": lambda net, x, scaled: net.sum("add", net.conv("r", scaled), net.conv("s", scaled)),
    "a convolution that ends with it": lambda net, x, scaled: net.sum(
        "add", net.conv("r", scaled, 6), scaled
    ),
    "one of a part": lambda net, x, scaled: net.conv("r", net.join("join", scaled, x)),
    "a function": lambda net, x, scaled: net.conv("r", net.relu("relu", scaled)),
}


@pytest.mark.parametrize("name", READERS)
def test_other_readers_do_not(name: str) -> None:
    assert _fate(_graph(READERS[name])) in {"computed", "fused"}


def test_factors_of_all_elements_are_no_factors_of_channels() -> None:
    net = Net()
    x = net.conv("a", net.image)
    both = net.put("scaled", Multiply(), x, net.relu("relu", x))
    net.conv("project", both)
    assert _fate(net.finish()) in {"computed", "fused"}


@st.composite
def _networks(draw: st.DrawFn) -> Graph:
    """Scaled maps of all sizes, and a projection of few channels or many."""
    rows, columns = draw(st.integers(2, 12)), draw(st.integers(2, 30))
    net = Net(draw(st.integers(1, 5)), rows, columns)
    x = net.conv("wide", net.image, draw(st.integers(2, 40)), draw(st.sampled_from((1, 3))))
    x = net.put("act", Elementwise(draw(st.sampled_from(("silu", "hardswish")))), x)
    out = draw(st.integers(1, min(80, rows * columns // 2)))
    y = net.norm("norm", net.conv("project", _scaled(net, x), out, bias=draw(st.booleans())))
    if draw(st.booleans()):
        y = net.sum("add", y, net.conv("beside", net.image, out))
    return net.finish([net.conv("reader", y, 3, 3)])


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
@given(_networks(), st.sampled_from(sorted(SETS)))
@examples(8)
def test_the_c_computes_the_same(graph: Graph, name: str) -> None:
    assert step_of(plan(graph).program, "project").factors
    check_c(graph, SETS[name])
