"""Rooflines worked out by hand, and against the other analyses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphs import graphs
from hypothesis import given
from strategies import specs

import henet_arch as ha
from henet_arch.analyzers.machine import Machine
from henet_arch.analyzers.roofline import analyze
from henet_arch.forms import rendered
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layers import Add, Concat, Conv2d, Elementwise, Input
from henet_arch.support.errors import FileError

MACHINE = Machine("test", 100.0, 10.0)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HENET_ARCH_CACHE", str(tmp_path))
    return tmp_path / "machine.toml"


def _small() -> Graph:
    builder = GraphBuilder("small", "test")
    image = builder.add("image", Input((2, 10, 10)))
    conv = builder.add("conv", Conv2d(2, 8, (3, 3), padding=(1, 1)), [image])
    relu = builder.add("relu", Elementwise("relu"), [conv])
    twice = builder.add("twice", Add(), [relu, relu])
    builder.add("join", Concat(), [twice, image])
    return builder.finish()


def test_by_hand() -> None:
    found = analyze(_small(), MACHINE)
    image, conv, relu, twice, join = found.layers
    assert (image.flops, image.bytes_moved, image.intensity) == (0, 0, None)
    assert conv.flops == 2 * 800 * 18 + 800
    assert conv.bytes_moved == 4 * (200 + 8 * 2 * 9 + 8 + 800)
    assert (relu.flops, relu.bytes_moved) == (800, 4 * 1600)
    assert (twice.flops, twice.bytes_moved) == (800, 4 * 1600)
    assert (join.flops, join.bytes_moved) == (0, 4 * 2000)
    assert conv.times(MACHINE) == pytest.approx((29_600 / 1e5, 4_608 / 1e4))
    assert relu.times(MACHINE) == pytest.approx((0.008, 0.64))
    assert found.unfused_us == pytest.approx(0.4608 + 0.64 + 0.64 + 0.8)
    bounds = [work.bound_by(MACHINE) for work in found.layers]
    assert bounds == ["", "memory", "memory", "memory", "memory"]
    assert conv.bound_by(Machine("slow", 1.0, 10.0)) == "compute"


def test_the_profile_that_was_measured_is_taken(own_cache: Path) -> None:
    assert analyze(_small()).unfused_us is None
    assert "no times without a machine's profile" in rendered(analyze(_small()), "markdown")
    own_cache.write_text(MACHINE.to_toml())
    assert analyze(_small()).machine == MACHINE
    assert "test: 100 GFLOP/s and 10 GB/s, in balance at 10.0 FLOP/B" in rendered(
        analyze(_small()), "markdown"
    )
    own_cache.write_text("peak = 1")
    with pytest.raises(FileError):
        analyze(_small())


@given(specs())
def test_flops_and_bytes_are_those_of_the_other_analyses(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    found, report = analyze(graph, MACHINE), ha.analyze(graph)
    ops = report.operations.total
    assert found.total.flops == 2 * ops.mac + sum(ops) - ops.mac
    written = report.memory.activations - report.memory.activations_by_layer[0]
    assert found.total.bytes_moved >= report.parameters.weight_bytes + 4 * written


@given(graphs())
def test_no_layer_by_itself_is_faster_than_either_limit(graph: Graph) -> None:
    found = analyze(graph, MACHINE)
    for work, row in zip(found.layers, found.records(), strict=True):
        assert row["unfused_us"] >= max(work.flops / 1e5, work.bytes_moved / 1e4) * (1 - 1e-9)
    told = found.to_dict()
    assert told["totals"]["unfused_us"] == pytest.approx(
        sum(r["unfused_us"] for r in found.records())
    )
    assert told["machine"]["balance"] == 10.0
    for form in ("table", "json", "csv", "markdown", "html"):
        assert rendered(found, form)


def test_the_result_says_what_its_times_are() -> None:
    """They are no lower bound: emitted C, which fuses layers, takes a third of their sum."""
    found = analyze(_small(), MACHINE)
    for form in ("table", "markdown", "html", "json"):
        shown = " ".join(str(rendered(found, form)).split())
        assert "each layer by itself" in shown
        assert "can be faster" in shown
        assert not re.search(r"least|lower bound|bound us|at best|fastest", shown)
