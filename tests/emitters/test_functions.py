"""Each function of `FUNCTIONS` against PyTorch: its numbers in emitted PyTorch and in C."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from typing import Any

import pytest
import torch

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    Add,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Input,
    Linear,
    PadChannels,
)
from henet_arch.lowering.plan import plan
from henet_arch.runtime.c import verification as c
from henet_arch.runtime.torch.verification import verify

Conv2d: Any = layers.Conv2d  # which are given numbers here
MaxPool2d: Any = layers.MaxPool2d
SETTINGS: dict[str, Any] = {
    name: dict.fromkeys(row.parameters, 0.3) for name, row in FUNCTIONS.items()
}
SETTINGS["clip"] = {"min_val": -0.3, "max_val": 0.4}
EXPRESSIONS: dict[str, Any] = {
    "gelu_tanh": torch.nn.GELU("tanh"),
    "clip": lambda y: torch.clip(y, -0.3, 0.4),
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "abs": torch.abs,
    "reciprocal": torch.reciprocal,
    "square": torch.square,
    "power": lambda y: torch.pow(y, 0.3),
    "affine": lambda y: 0.3 * y + 0.3,
}
"""What functions without a module compute with these settings."""
POSITIVE = {"log", "sqrt", "power", "reciprocal"}
"""Functions of numbers above 0, or of 0 too."""


def _function(name: str) -> Any:
    return EXPRESSIONS.get(name) or getattr(torch.nn, FUNCTIONS[name].torch)(**SETTINGS[name])


WILD = ("exp", "log", "sqrt", "reciprocal", "power", "square")
"""Functions that are not defined everywhere, or grow beyond all bounds one on another."""
PLUS = Elementwise("affine", (1.0, 0.1))
PLAIN, OWN = ("-DLANES=1", "-O0"), ("-march=native", "-O1")


def _everywhere() -> Graph:
    """Each function behind a convolution, before padding, on zeros, twice, of a vector, alone."""
    builder = GraphBuilder("everywhere")
    image = builder.add("image", Input((3, 7, 5)))
    bound = [end for name in FUNCTIONS if name not in WILD for end in _ends(builder, image, name)]
    return builder.finish([*bound, *(_wild_end(builder, image, name) for name in WILD)])


def _wild_end(builder: GraphBuilder, image: Node, name: str) -> Node:
    """The function once, of numbers above 0."""

    def add(word: str, layer: Layer, *inputs: Node) -> Node:
        return builder.add(f"{name}.{word}", layer, inputs)

    x = add("sigmoid", Elementwise("sigmoid"), add("conv1", Conv2d(3, 4, 3, padding=1), image))
    x = add("act1", Elementwise.of(name, SETTINGS[name]), add("above", PLUS, x))
    return add("conv2", Conv2d(4, 4, 3, padding=1), x)


def _ends(builder: GraphBuilder, image: Node, name: str) -> list[Node]:
    act = Elementwise.of(name, SETTINGS[name])

    def add(word: str, layer: Layer, *inputs: Node) -> Node:
        return builder.add(f"{name}.{word}", layer, inputs)

    x = add("conv1", Conv2d(3, 4, 3, padding=1), image)
    x = add("conv2", Conv2d(4, 4, 3, padding=2), add("act1", act, x))
    y = add("wider", PadChannels(0, 1), add("alone", act, image))
    y = add("pool", MaxPool2d(3, 1, 1), add("zeros", act, y))
    x = add("add", Add(), x, add("conv3", Conv2d(4, 4, 1, padding=1), y))
    x = add("usual", Elementwise(name), add("act2", act, x))
    maps = add("act3", act, add("flat1", Flatten(), x))
    flat = add("flat2", Flatten(), add("act4", act, add("mean", GlobalAvgPool2d(), x)))
    return [add("act5", act, add("fc", Linear(4, 6), flat)), maps]


def test_the_emitted_module_is_pytorchs() -> None:
    graph = _everywhere()
    assert ha.from_json(ha.to_json(graph)) == graph
    assert verify(graph).holds
    module = ha.to_torch(graph)
    for name in FUNCTIONS.keys() - EXPRESSIONS.keys():
        assert str(module.get_submodule(f"{name}.act1")) == str(_function(name))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_pytorchs(name: str) -> None:
    row = FUNCTIONS[name]
    assert not row.torch
    builder = GraphBuilder("one")
    image = builder.add("image", Input((2, 3, 4)))
    first = builder.add("first", Elementwise("sigmoid" if name in POSITIVE else "tanh"), [image])
    act = builder.add("act", Elementwise.of(name, SETTINGS[name]), [first])
    graph = builder.finish([act, first])
    assert verify(graph).holds
    found, values = ha.to_torch(graph)(torch.randn(1, 2, 3, 4))
    torch.testing.assert_close(found, _function(name)(values))


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
@pytest.mark.parametrize("flags", [PLAIN, OWN] if platform.machine() == "x86_64" else [PLAIN])
@pytest.mark.slow
def test_c_computes_what_pytorch_computes(flags: tuple[str, ...]) -> None:
    checks = c.verify(_everywhere(), flags)
    assert checks.holds, [check for check in checks.checks if not check.holds]


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
@pytest.mark.parametrize("padding", [0, 1])
def test_a_sum_takes_the_place_of_an_operand_and_not_its_numbers(padding: int) -> None:
    builder = GraphBuilder("sum")
    image = builder.add("image", Input((3, 7, 5)))
    skip = builder.add("skip", Conv2d(3, 4, 3, padding=1), [image])
    x = builder.add("conv1", Conv2d(4, 4, 1 + 2 * padding, padding=padding), [skip])
    x = builder.add("sum", Add(), [builder.add("softplus", Elementwise("softplus"), [x]), skip])
    graph = builder.finish([builder.add("conv2", Conv2d(4, 4, 3, padding=1), [x])])
    assert plan(graph).choices["softplus"].kernel == "elementwise"
    assert c.verify(graph, OWN).holds


@pytest.mark.parametrize("name", FUNCTIONS)
def test_facts_are_those_of_pytorch(name: str) -> None:
    row, function = FUNCTIONS[name], _function(name)
    values = torch.linspace(0 if name in POSITIVE else -20, 20, 4001)
    keeps_zero = float(function(torch.zeros(1))) == 0
    assert row.keeps_zero == keeps_zero or name in _BY_SETTINGS
    never_negative = float(function(values).min()) >= 0
    assert row.never_negative == never_negative or name in POSITIVE
    if row.torch:
        module = getattr(torch.nn, row.torch)
        assert str(module(**row.parameters)) == str(module()), "the defaults are not PyTorch's"


_BY_SETTINGS = {"clip", "power"}
"""Functions that are 0 at 0 with some settings and not with others: the fact says no."""


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("clip", (1.0, -1.0), "min_val = 1.0 is above max_val = -1.0"),
        ("softplus", (0.0,), "beta = 0.0 is not above 0"),
        ("softplus", (-1.0,), "beta = -1.0 is not above 0"),
    ],
)
def test_settings_that_make_no_function_are_refused(
    name: str, settings: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ha.HenetArchError, match=message):
        Elementwise(name, settings)


def test_vectors_compute_what_needs_no_library() -> None:
    choices = plan(_everywhere()).choices
    for name, row in FUNCTIONS.items():
        fused = f"{name}.act1" not in choices
        assert fused == bool(row.vector)
        assert fused or choices[f"{name}.act1"].kernel == "elementwise"


ROW = """
from henet_arch.ir.functions import FUNCTIONS, Function
from henet_arch.ir.layer import Ops
FUNCTIONS["softsign"] = Function(
    "softsign", Ops(add=1, div=1), "Softsign", "Softsign", "y / (1 + fabsf(y))"
)
import henet_arch as ha
from henet_arch.analyzers.reconcile import Reconciliation
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layers import Conv2d, Elementwise, Input
from henet_arch.runtime.c import verification as c
from henet_arch.runtime.torch import verification as torch
builder = GraphBuilder("new")
x = builder.add("conv", Conv2d(3, 4, (3, 3)), [builder.add("image", Input((3, 7, 5)))])
builder.add("act", Elementwise("softsign"), [x])
graph = builder.finish()
assert ha.from_json(ha.to_json(graph)) == graph
assert ha.analyze(graph).to_dict()["totals"]["ops"]["div"] == 60
assert "softsign" in ha.draw(graph).render("mermaid").decode()
assert "nn.Softsign()" in ha.emit(graph).text
assert Reconciliation(graph).counts
assert torch.verify(graph).holds and c.verify(graph).holds
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_a_new_function_is_one_row() -> None:
    ran = subprocess.run([sys.executable, "-c", ROW], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
