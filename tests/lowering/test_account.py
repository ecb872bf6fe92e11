"""What became of each layer is said once, and the numbers add up."""

from __future__ import annotations

import json
from collections import Counter

import networkx
import pytest
from examples import examples
from graphs import graphs
from hypothesis import given
from lowering.wiring import Net
from strategies import specs

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.ir.layers import (
    ChannelShuffle,
    ConvTranspose2d,
    Dropout,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Multiply,
    Pad2d,
    PReLU,
    Scale,
    SliceChannels,
    Softmax,
)
from henet_arch.lowering.account import Account, LoweredLayer
from henet_arch.lowering.plan import plan
from henet_arch.lowering.pointwise import is_pointwise_step
from henet_arch.support.errors import UnknownNameError

_PAPER = ha.build("henet-r3")
_MADE = plan(_PAPER)
_EXPECTED = {
    "input": "computed",
    "conv2d": "computed",
    "linear": "computed",
    "batch_norm2d": "folded",
    "relu": "fused",
    "add": "fused",
    "concat": "placed",
    "channel_shuffle": "absorbed",
    "flatten": "absorbed",
}


def _account(graph: Graph) -> dict[str, LoweredLayer]:
    return {fate.layer: fate for fate in Account(graph, plan(graph)).layers}


def test_every_layer_of_the_paper_network_has_one_fate() -> None:
    fates = Account(_PAPER, _MADE).layers
    assert [fate.layer for fate in fates] == [node.name for node in _PAPER]
    assert [fate.kind for fate in fates] == [node.layer.kind for node in _PAPER]
    for fate in fates:
        assert fate.done == _EXPECTED[fate.kind], fate
        assert fate.why


def test_the_steps_that_do_the_work_are_named() -> None:
    names = [step.name for step in _MADE.program.steps]
    counts: Counter[str] = Counter()
    for fate in Account(_PAPER, _MADE).layers:
        counts[fate.done] += 1
        assert set(fate.into) <= set(names)
        assert bool(fate.into) == (fate.done in ("computed", "folded", "fused"))
        if fate.done == "computed":
            assert fate.into == (fate.layer,)
            assert fate.why.startswith(f"{_MADE.choices[fate.layer].kernel}: ")
    assert counts["computed"] == len(names)
    assert counts["folded"] == sum(len(step.norms) for step in _MADE.program.steps)
    assert counts["fused"] == sum(len(step.epilogues) for step in _MADE.program.steps)
    assert counts.total() == len(_PAPER)


def test_steps_that_take_turns_say_with_which_and_how_many_rows() -> None:
    graph = ha.build("mobilenetv2")
    made = plan(graph)
    fates = {fate.layer: fate.why for fate in Account(graph, made).layers}
    told = {name for name, why in fates.items() if "by turns with" in why}
    assert told == {step.name for band in made.layout.bands for step in (band.first, band.second)}
    assert told
    for band in made.layout.bands:
        first, second = band.first, band.second
        assert f"by turns with {second.name}, so that {band.held} of " in fates[first.name]
        rows = f"{band.rows} of {second.size[0]} rows at a time"
        assert fates[second.name].endswith(f"by turns with {first.name}, {rows}")


def test_scopes_say_of_which_layers() -> None:
    for scope in ("stage1", "stage1.block1", "stage1.block1.conv1", "head"):
        fates = Account(_PAPER, _MADE, scope).layers
        inside = [n.name for n in _PAPER if n.name == scope or n.name.startswith(f"{scope}.")]
        assert [fate.layer for fate in fates] == inside
    assert Account(_PAPER, _MADE, "stage1.block1.conv1").layers[0].done == "computed"


@pytest.mark.parametrize("scope", ["stage", "stage9", "stage1.block", "conv1", ""])
def test_unknown_scopes_are_refused(scope: str) -> None:
    with pytest.raises(UnknownNameError, match=f"'henet-r3' has no layer or block '{scope}'"):
        Account(_PAPER, _MADE, scope)


def test_a_scope_that_is_nearly_one_is_helped() -> None:
    with pytest.raises(UnknownNameError) as caught:
        Account(_PAPER, _MADE, "stem.cnv")
    assert "stem.conv" in caught.value.fix


def test_tables_have_a_row_for_each_layer_and_notes_that_add_up() -> None:
    for scope in (None, "stage2"):
        account = Account(_PAPER, _MADE, scope)
        (table,) = account.tables()
        assert [row.cells[0] for row in table.rows] == [fate.layer for fate in account.layers]
        counts = [int(part.split()[0]) for part in table.notes[0].split(", ")]
        assert sum(counts) == len(account.layers)
        assert f"{account.workspace_bytes:,} bytes" in table.notes[1]


def test_the_data_are_the_fates() -> None:
    account = Account(_PAPER, _MADE, "stage1.block2")
    data = json.loads(json.dumps(account.to_dict()))
    assert data["schema"] == 1
    assert data["name"] == "henet-r3"
    assert data["workspace_bytes"] == 4 * _MADE.size
    assert data["peak_activation_bytes"] == ha.analyze(_PAPER).memory.peak_bytes
    records = account.records()
    assert [layer["layer"] for layer in data["layers"]] == [r["layer"] for r in records]
    for layer, record in zip(data["layers"], records, strict=True):
        assert record == {**layer, "into": "; ".join(layer["into"])}
        assert layer.keys() == {"layer", "kind", "done", "into", "why"}


def test_a_layer_that_ends_two_steps_names_both() -> None:
    net = Net()
    a, b = net.conv("a", net.image), net.conv("b", net.image)
    net.relu("relu", net.join("join", a, b))
    fates = _account(net.finish())
    assert (fates["relu"].done, fates["relu"].into) == ("fused", ("a", "b"))
    assert fates["relu"].why == "the last act of a and of b"
    assert fates["join"].done == "placed"
    assert "a and b stay in place" in fates["join"].why


def test_what_no_output_depends_on_is_left_out() -> None:
    net = Net()
    x = net.conv("conv", net.image)
    net.norm("bn", net.conv("dead", net.put("dropout", Dropout(0.5), net.image)))
    net.put("shuffle", ChannelShuffle(2), net["dead"])
    last = net.put("last", ChannelShuffle(2), x)
    fates = {name: fate.done for name, fate in _account(net.finish([last])).items()}
    assert fates == {
        "image": "computed", "conv": "computed", "dropout": "left out", "dead": "left out",
        "bn": "left out", "shuffle": "left out", "last": "absorbed",
    }  # fmt: skip


@given(graphs() | specs().map(ha.build))
@examples(60)
def test_every_layer_has_one_fate(graph: Graph) -> None:
    made = plan(graph)
    needed = networkx.DiGraph(graph.nx)
    read = set(graph.outputs).union(*(networkx.ancestors(needed, o) for o in graph.outputs))
    account = Account(graph, made)
    assert [fate.layer for fate in account.layers] == [node.name for node in graph]
    for fate in account.layers:
        inputs = graph[fate.layer].inputs
        assert (fate.done == "left out") == (fate.layer not in read and bool(inputs))
        assert (fate.done == "computed") == (fate.layer in made.program.order)
        assert set(fate.into) <= made.program.order.keys()
    count = Counter(fate.done for fate in account.layers)
    assert count["folded"] == sum(len(step.norms) for step in made.program.steps)
    pointwise = [s for s in made.program.steps if is_pointwise_step(s)]
    ends = {f.node.name for step in made.program.steps for f in step.epilogues}
    assert count["fused"] == len(ends) - len(pointwise)


def test_what_becomes_of_layers_of_other_peoples_networks() -> None:
    net = Net(4, 6, 6)
    x = net.put("pad", Pad2d((0, 1, 0, 1)), net.image)
    x = net.put("scale", Scale(4), net.conv("conv", x, kernel=3, padding=(0, 0)))
    x = net.put("prelu", PReLU(4), x)
    gate = net.put("gate", Elementwise("sigmoid"), net.put("mean", GlobalAvgPool2d(), x))
    gate = net.put("half", SliceChannels(2, 4), gate)
    x = net.put("product", Multiply(), net.put("slice", SliceChannels(0, 4, 2), x), gate)
    x = net.put("up", ConvTranspose2d(2, 2, (2, 2), (2, 2)), x)
    x = net.put("flat", Flatten(), x)
    net.put("softmax", Softmax(), x)
    fates = _account(net.finish())
    assert {name: fate.done for name, fate in fates.items()} == {
        "image": "computed", "pad": "absorbed", "conv": "computed", "scale": "folded",
        "prelu": "fused", "mean": "computed", "gate": "fused", "half": "absorbed",
        "slice": "absorbed", "product": "computed", "up": "computed", "flat": "copied",
        "softmax": "computed",
    }  # fmt: skip
    assert fates["pad"].why == "its zeros are padding of the windows that read it"
    assert fates["scale"].why == "into the weights and bias of conv"
    assert fates["prelu"].into == ("conv",)
    assert fates["up"].into == ("up.spread", "up")
    assert fates["flat"].into == ("flat.flat",)
