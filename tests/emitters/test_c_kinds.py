"""C computes what PyTorch's functions compute, for every kind of layer and for random wirings."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from every_kind import L, Net, everything
from examples import SHARE, examples
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st
from instruction_sets import SETS
from lowering.functional import outputs, random_tensors
from lowering.strangers import strangers

from henet_arch.ir.graph import Graph
from henet_arch.ir.layer import KINDS
from henet_arch.lowering.plan import plan

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")

from henet_arch.emitters.c import source  # noqa: E402

from henet_arch.runtime.c import load  # noqa: E402
from henet_arch.runtime.torch.comparison import difference  # noqa: E402

_FAST = ("plain", "own")
"""Sets that are tried every time."""
_UNKNOWN = ("opaque",)
"""Kinds that no code computes."""


def _off(graph: Graph, *flags: str) -> tuple[float, float]:
    """How far C and PyTorch's own single precision are from double precision."""
    tensors = random_tensors(graph)
    made = torch.Generator().manual_seed(1)
    images = torch.randn(2, *graph.input_shape, generator=made)
    wanted = outputs(graph, tensors, images.double())
    if not all(bool(value.isfinite().all()) and value.abs().max() < 1e6 for value in wanted):
        return float("inf"), float("inf")
    single = outputs(graph, {key: value.float() for key, value in tensors.items()}, images)
    found = load(graph, tensors, flags=flags)(images.numpy())
    found = found if isinstance(found, tuple) else (found,)
    assert len(found) == len(wanted)
    worst = max(difference(f, w.numpy()) for f, w in zip(found, wanted, strict=True))
    usual = max(difference(s.numpy(), w.numpy()) for s, w in zip(single, wanted, strict=True))
    return worst, usual


@given(strangers(), st.sampled_from(sorted(SETS)))
@examples(9, suppress_health_check=list(HealthCheck), derandomize=SHARE <= 1)
def test_any_graph(graph: Graph, name: str) -> None:
    worst, usual = _off(graph, *SETS[name], "-O1")
    assume(usual < 1e-3)  # numbers that overflow, or that are what is left of larger ones
    assert worst <= max(1e-5, 8 * usual)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in _FAST else pytest.mark.slow) for name in SETS]
)
def test_every_kind(name: str) -> None:
    graph = everything()
    kinds = {node.layer.kind for node in graph}
    pointwise = {kind for kind, layer in KINDS.items() if layer is L.Elementwise}
    assert set(KINDS) - pointwise - kinds == set(_UNKNOWN)
    worst, usual = _off(graph, *SETS[name], "-O0")
    assert usual < 1e-3
    assert worst <= max(1e-5, 8 * usual)


def test_what_costs_nothing_has_no_step() -> None:
    net = Net("free")
    x = net.put(L.Conv2d(4, 4, 1), net.put(L.Input((4, 5, 5))))
    gate = net.put(L.Linear(4, 3), net.put(L.Flatten(), net.put(L.GlobalAvgPool2d(), x)))
    x = net.put(L.Multiply(), net.put(L.SliceChannels(0, 4, 2), x), net.put(L.ChannelMean(), x))
    x = net.put(L.Scale(3), net.put(L.Conv2d(2, 3, 3), net.put(L.Pad2d((0, 1, 0, 1)), x)))
    graph = net.finish([net.put(L.Multiply(), net.put(L.Unflatten(), gate), x)])
    kernels = {name: choice.kernel for name, choice in plan(graph).choices.items()}
    assert kernels == {
        "image": "copy", "layer1": "direct", "layer2": "mean", "layer4": "lanes",
        "layer6": "direct", "layer7": "depthwise", "layer9": "direct",
    }  # fmt: skip


def test_compilers_say_nothing_of_any_kind(tmp_path: Path) -> None:
    (tmp_path / "net.c").write_text(source(plan(everything()), "net"))
    strict = ("-Wall", "-Wextra", "-Wshadow", "-pedantic", "-Wconversion", "-Wdouble-promotion")
    line = ["cc", "-std=gnu11", "-O0", *strict, "-march=native", "-c", "net.c"]
    ran = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
