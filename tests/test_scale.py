"""Chains of 20,000 layers and ladders of 500 blocks: in proportion to them, and no recursion."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest

import henet_arch as ha
from henet_arch.analyzers import critical_path, memory_timeline, mixing, receptive_field, roofline
from henet_arch.analyzers.machine import Machine
from henet_arch.analyzers.reconcile import Reconciliation
from henet_arch.forms import rendered
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layers import Add, Conv2d, Dropout, Elementwise, Input
from henet_arch.results.table import Result
from henet_arch.support.errors import LimitError

CHAIN, LADDER = 20_000, 500
_MACHINE = Machine("test", 100.0, 10.0)


@pytest.fixture(autouse=True)
def shallow() -> Iterator[None]:
    """A recursion limit that no recursion over layers fits in."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    yield
    sys.setrecursionlimit(limit)


@cache
def _chain() -> Graph:
    builder = GraphBuilder("chain", "test")
    x = builder.add("image", Input((4, 10**6, 10**6)))
    for index in range(CHAIN - 2):
        layer = Conv2d(4, 4, (3, 3), padding=(1, 1)) if index % 4 == 0 else Elementwise("relu")
        x = builder.add(f"layer{index}", layer, [x])
    builder.add("last", Dropout(0.5), [x])
    return builder.finish()


@cache
def _ladder() -> Graph:
    builder = GraphBuilder("ladder", "test")
    x = builder.add("image", Input((4, 10**6 + 1, 10**6 + 1)))
    for index in range(LADDER):
        name = f"stage1.block{index}"
        y = builder.add(f"{name}.conv1", Conv2d(4, 4, (3, 3), padding=(1, 1)), [x])
        y = builder.add(f"{name}.conv2", Conv2d(4, 4, (5, 5), padding=(2, 2), groups=2), [y])
        z = builder.add(f"{name}.skip", Conv2d(4, 4, (1, 1)), [x])
        x = builder.add(f"{name}.add", Add(), [y, z])
    return builder.finish()


def _results(graph: Graph) -> Iterator[Result]:
    yield critical_path.analyze(graph)
    yield memory_timeline.analyze(graph)
    yield mixing.analyze(graph)
    yield receptive_field.analyze(graph)
    yield roofline.analyze(graph, _MACHINE)
    yield Reconciliation(graph)


@pytest.mark.slow
@pytest.mark.parametrize("graph", [_chain, _ladder])
def test_every_analysis_of_a_long_network(graph: object) -> None:
    made = graph()  # type: ignore[operator]
    for result in _results(made):
        assert result.to_dict()["name"] == made.name
    assert ha.analyze(made).macs > 0


_MADE_BY_HAND = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (600_000_000,) * 2)
import henet_arch as ha
nodes = [{"name": "image", "kind": "input", "attributes": {"shape": [8, 16, 16]}, "inputs": []}]
conv = {"in_channels": 8, "out_channels": 8, "kernel": [3, 3], "padding": [1, 1]}
last = "image"
for index in range(int(sys.argv[1]) // 4):
    scope = f"block{index}"
    rows = [
        ("conv", "conv2d", conv, [last]),
        ("bn", "batch_norm2d", {"channels": 8}, [f"{scope}.conv"]),
        ("relu", "relu", {}, [f"{scope}.bn"]),
        ("add", "add", {}, [f"{scope}.relu", last]),
    ]
    nodes += [
        {"name": f"{scope}.{name}", "kind": kind, "attributes": attributes, "inputs": inputs}
        for name, kind, attributes, inputs in rows
    ]
    last = f"{scope}.add"
head = {"schema": 1, "name": "byhand"}
text = json.dumps({**head, "nodes": nodes, "outputs": [last]})
del nodes
graph = ha.from_json(text)
report = ha.analyze(graph)
assert report.to_dict()["totals"]["macs"] == report.macs == len(graph) // 4 * 8 * 72 * 256
assert ha.from_json(ha.to_json(graph)) == graph
print(len(graph))
"""


@pytest.mark.slow
def test_thirty_thousand_layers_by_hand_fit_in_600_megabytes() -> None:
    """Of address space, so of memory: from JSON, analyzed, and to JSON and back."""
    command = [sys.executable, "-c", _MADE_BY_HAND, "30000"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "30001\n", "")


def test_what_they_say_of_a_ladder() -> None:
    graph = _ladder()
    assert critical_path.analyze(graph).widest == (
        f"stage1.block{LADDER - 1}.conv2",
        f"stage1.block{LADDER - 1}.skip",
    )
    field = receptive_field.analyze(graph).by_layer[-1]
    assert field.axes[0].size == 6 * LADDER + 1
    assert field.axes[0].seen.at(0) == (0, 3 * LADDER)
    assert mixing.analyze(graph).blocks[-1].matrix.mixes


def test_a_table_for_a_terminal_ends_where_nobody_reads_on() -> None:
    found = roofline.analyze(_chain(), _MACHINE)
    lines = str(rendered(found, "table")).splitlines()
    assert len(lines) < 2100
    assert any(line.startswith(" total") for line in lines)
    assert "the first 2,000 of 20,001 rows: the forms csv and json have all of them" in lines
    assert len(str(rendered(found, "csv")).splitlines()) == CHAIN + 1


def test_layers_that_are_too_large_are_not_timed() -> None:
    """Before PyTorch is loaded, and before a byte is allocated."""
    with pytest.raises(LimitError, match=r"stem\.conv is too large to be timed: 1,005.8 GiB"):
        _ = ha.draw(ha.Spec(input=100_001), color_by="time").costs
