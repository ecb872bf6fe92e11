"""Small graphs by hand, and random ones that a plan can be made for."""

from __future__ import annotations

from typing import Any, NamedTuple
from unittest.mock import patch

from graphs import graphs
from hypothesis import assume
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir.graph import GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    Add,
    BatchNorm2d,
    Concat,
    Conv2d,
    Elementwise,
    Input,
)
from henet_arch.lowering import bands
from henet_arch.lowering.plan import Plan, plan
from henet_arch.lowering.program import Program, Step
from henet_arch.lowering.window_loop import WindowLoop
from henet_arch.support.errors import EmitError
from henet_arch.support.limits import MOST_ELEMENTS


class Net(GraphBuilder):
    """A builder with short ways to say the most frequent layers."""

    def __init__(self, *shape: int) -> None:
        super().__init__("net", "test")
        self.image = self.add("image", Input(shape or (4, 6, 5)))

    def put(self, name: str, layer: Layer, *inputs: Node) -> Node:
        return self.add(name, layer, inputs)

    def conv(self, name: str, x: Node, out: int = 4, kernel: int = 1, **more: Any) -> Node:
        padding = more.pop("padding", (kernel // 2, kernel // 2))
        return self.put(
            name, Conv2d(int(x.channels), out, (kernel, kernel), padding=padding, **more), x
        )

    def norm(self, name: str, x: Node) -> Node:
        return self.put(name, BatchNorm2d(x.channels), x)

    def relu(self, name: str, x: Node) -> Node:
        return self.put(name, Elementwise("relu"), x)

    def sum(self, name: str, *inputs: Node) -> Node:
        return self.put(name, Add(), *inputs)

    def join(self, name: str, *inputs: Node) -> Node:
        return self.put(name, Concat(), *inputs)


def step_of(program: Program, name: str) -> Step:
    """The step of the layer `name`."""
    return program.steps[program.order[name]]


class Read(NamedTuple):
    """What one tap of a sweep reads of a plane, for the output at row and column 0."""

    phase: int
    row: int
    column: int


def taps(found: WindowLoop) -> list[Read]:
    """The taps of one plane, row by row."""
    across = len(found.columns.phases)
    return [
        Read(down.phase * across + right.phase, down.at, right.at)
        for down in found.rows.taps
        for right in found.columns.taps
    ]


def epilogues(program: Program) -> dict[str, list[str]]:
    """For each step the layers that end it."""
    return {step.name: [finish.node.name for finish in step.epilogues] for step in program.steps}


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans of random specs and graphs, with each open choice made either way.

    All maps lie whole; of steps that take turns `emitters/test_c_bands.py` has random ones.
    """
    spec_graphs = (specs() | networks()).map(ha.build)
    graph = draw(spec_graphs | spec_graphs | graphs())
    tuned = draw(st.sampled_from((None, _Always("direct"), _Always("winograd"))))
    try:
        with patch.object(bands, "_CACHED", MOST_ELEMENTS):
            return plan(graph, tuned)
    except EmitError:
        assume(False)
        raise


class _Always(dict[str, str]):
    """What was measured, if it was the same everywhere."""

    def __init__(self, kernel: str) -> None:
        super().__init__()
        self.kernel = kernel

    def get(self, key: str, default: Any = None) -> Any:
        return self.kernel

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"always {self.kernel}"
