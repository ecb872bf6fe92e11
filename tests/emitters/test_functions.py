"""Each function of `FUNCTIONS` against PyTorch: its numbers in emitted PyTorch and in C."""

from __future__ import annotations

import platform
import shutil

import pytest

import henet_arch as ha
from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    Add,
    Conv2d,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Input,
    Linear,
    MaxPool2d,
    PadChannels,
)
from henet_arch.lowering.plan import plan

torch = pytest.importorskip("torch")
from henet_arch.runtime.c import verification as c  # noqa: E402
from henet_arch.runtime.torch.verification import verify  # noqa: E402

SETTINGS = {name: dict.fromkeys(row.parameters, 0.3) for name, row in FUNCTIONS.items()}
PLAIN, OWN = ("-DLANES=1", "-O1"), ("-march=native", "-O1")


def _everywhere() -> Graph:
    """Each function behind a convolution, before padding, on zeros, twice, of a vector, alone."""
    builder = GraphBuilder("everywhere")
    image = builder.add("image", Input((3, 7, 5)))
    return builder.finish([end for name in FUNCTIONS for end in _ends(builder, image, name)])


def _ends(builder: GraphBuilder, image: Node, name: str) -> list[Node]:
    act = Elementwise(name, SETTINGS[name])  # type: ignore[arg-type]

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
    for name, row in FUNCTIONS.items():
        layer = module.get_submodule(f"{name}.act1")
        assert str(layer) == str(getattr(torch.nn, row.torch)(**SETTINGS[name]))


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
@pytest.mark.parametrize("flags", [PLAIN, OWN] if platform.machine() == "x86_64" else [PLAIN])
def test_c_computes_what_pytorch_computes(flags: tuple[str, ...]) -> None:
    checks = c.verify(_everywhere(), flags)
    assert checks.holds, [check for check in checks.checks if not check.holds]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_facts_are_those_of_pytorch(name: str) -> None:
    row = FUNCTIONS[name]
    function = getattr(torch.nn, row.torch)(**SETTINGS[name])
    values = torch.linspace(-20, 20, 4001)
    assert row.keeps_zero == (float(function(torch.zeros(1))) == 0)
    assert row.never_negative == (float(function(values).min()) >= 0)
    module = getattr(torch.nn, row.torch)
    assert str(module(**row.parameters)) == str(module()), "the defaults are not PyTorch's"


def test_vectors_compute_what_needs_no_library() -> None:
    choices = plan(_everywhere()).choices
    for name, row in FUNCTIONS.items():
        fused = f"{name}.act1" not in choices
        assert fused == bool(row.vector)
        assert fused or choices[f"{name}.act1"].kernel == "elementwise"
