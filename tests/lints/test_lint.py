"""Rule rules: what fires them, who chooses them, and what they say of the known networks."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import sympy
from checkout import ROOT
from cli.run import run
from examples import examples
from graphs import graphs
from hypothesis import given
from hypothesis import strategies as st
from lints.twins import TWINS, Network, chain, conv, joined
from strategies import networks, specs

import henet_arch as ha
from henet_arch.analyzers.machine import Machine
from henet_arch.cli.parsing import setting
from henet_arch.ir.graph import GraphBuilder, Node
from henet_arch.ir.layers import (
    Add,
    BatchNorm2d,
    ChannelShuffle,
    Elementwise,
    Flatten,
    Input,
    Linear,
)
from henet_arch.lints.diagnostics import Diagnostics, Explained
from henet_arch.lints.rule import Context, Finding, Rule
from henet_arch.lints.selection import EVERY_RULE, chosen, lints
from henet_arch.support import plugins
from henet_arch.support.errors import LimitError, PluginError, ShapeError, UnknownNameError

IDS = {
    "HA101": "bias-before-batch-norm",
    "HA102": "groups-never-mix",
    "HA103": "shuffle-without-effect",
    "HA104": "dead-branch",
    "HA105": "unlike-addition",
    "HA106": "rectified-branch",
    "HA201": "dropped-pixels",
    "HA202": "far-divisors",
    "HA301": "dominant-linear",
    "HA302": "memory-bound",
}
"""What people have written down; an id is never given to another rule."""


def _names(found: Diagnostics) -> set[str]:
    return {told.rule.name for told in found.diagnostics}


@pytest.mark.parametrize("name", lints())
def test_a_rule_fires_and_is_silent_on_its_twin(name: str) -> None:
    fires, twin = TWINS[name]
    assert _names(ha.lint(fires, [name])) == {name}
    assert not ha.lint(twin, [name]).diagnostics


def test_ids_are_stable_and_documented() -> None:
    assert {lint.id: name for name, lint in lints().items()} == IDS
    text = (ROOT / "docs" / "lint.md").read_text("utf-8")
    assert re.findall(r"(?m)^### (HA\d+) ([a-z-]+)", text) == list(IDS.items())


@examples(40)
@given(specs() | networks() | graphs())
def test_any_network_can_be_linted(network: Network) -> None:
    graph = network if not isinstance(network, ha.Spec) else ha.build(network)
    found = ha.lint(graph)
    assert found.holds == (not any(told.rule.severity == "error" for told in found.diagnostics))
    assert sum(found.counts.values()) == len(found.diagnostics)
    for told in found.diagnostics:
        assert told.finding.layers
        assert all(name in graph for name in told.finding.layers)
        assert told.finding.share is None or 0 <= told.finding.share <= 1 + 1e-9
    assert len(str(found).splitlines()) >= 2


def _selectors() -> st.SearchStrategy[list[str]]:
    words = [EVERY_RULE, *IDS, *IDS.values(), "H", "HA", "HA1", "HA2", "HA3", "HA30"]
    return st.lists(st.sampled_from(words), min_size=1, max_size=4)


@given(_selectors())
def test_selecting_and_ignoring_part_the_rules(selectors: list[str]) -> None:
    kept, left = chosen(select=selectors), chosen(ignore=selectors)
    assert sorted(rule.id for rule in (*kept, *left)) == list(IDS)


@pytest.mark.parametrize(
    ("select", "ignore", "ids"),
    [
        ("HA1", "HA101", "HA102 HA103 HA104 HA105 HA106"),
        ("HA101", "HA1", "HA101"),
        ("HA101", "HA101", ""),
        ("dead-branch,HA3", "HA30", "HA104"),
        ("memory-bound", "HA3", "HA302"),
        ("ALL", "HA1,HA2", "HA301 HA302"),
        ("HA", "ALL", " ".join(IDS)),
        ("ALL", "ALL", ""),
    ],
)
def test_the_most_specific_selector_decides(select: str, ignore: str, ids: str) -> None:
    data = json.loads(run("lint", "--select", select, "--ignore", ignore, "-f", "json").out)
    assert data["rules"] == ids.split()


def test_unknown_selectors_are_refused_with_the_nearest_names() -> None:
    for option in ("--select", "--ignore", "--explain"):
        outcome = run("lint", option, "HA101,bias-before-batchnorm")
        assert (outcome.code, outcome.out) == (2, "")
        assert "did you mean bias-before-batch-norm?" in outcome.err
    assert run("lint", "--select", "").code == 2
    with pytest.raises(UnknownNameError, match="unknown lint rule 'HA999'"):
        ha.lint("henet-r2", ignore=["HA999"])


def test_only_an_error_fails() -> None:
    waste = run("lint", "henet-r3")
    assert (waste.code, waste.err) == (0, "")
    assert "henet-r3: 0 errors, 27 warnings, 26 info by 10 rules" in waste.out
    constant = ("lint", "henet-r3", "--classes", "1", "--softmax")
    wrong = run(*constant)
    assert wrong.code == 1
    assert "head.softmax over 1 channel is always 1" in wrong.out
    assert run(*constant, "--ignore", "dead-branch").code == 0
    assert run("lint", "henet-r3", "--classes", "2", "--softmax").code == 0


def test_every_form_holds_the_findings() -> None:
    data = json.loads(run("lint", "alexnet", "--ignore", "HA3", "-f", "json").out)
    assert (data["schema"], data["name"], data["counts"]["warning"]) == (1, "alexnet", 1)
    (finding,) = data["findings"]
    assert (finding["id"], finding["layers"]) == ("HA102", ["stage4.conv", "stage5.conv"])
    assert finding["fix"] == "--set groups=dense"
    assert finding["advice"].startswith("a shuffle in 2 groups before stage5.conv")
    rows = list(csv.DictReader(io.StringIO(run("lint", "henet-r3", "-f", "csv").out)))
    assert [row["rule"] for row in rows] == [f.rule.name for f in ha.lint("henet-r3").diagnostics]
    assert "| stem.conv | 1 |" in run("lint", "henet-r3", "-f", "markdown").out
    assert "<td" in run("lint", "henet-r3", "-f", "html").out


@pytest.mark.parametrize("network", ["henet-imagenet-255", "resnet152", "vgg16", "googlenet"])
def test_the_tables_fit_80_columns(network: str) -> None:
    assert max(map(len, run("lint", network).out.splitlines())) <= 80


def test_blocks_that_say_the_same_are_one_row() -> None:
    lines = [" ".join(line.split()) for line in run("lint", "henet-r4").out.splitlines()]
    assert any(line.startswith("stage2.block1-4.conv1 4 bn1 takes its 48") for line in lines)
    assert any(line.startswith("total 33 1.9%") for line in lines)


def test_shares_are_of_the_whole() -> None:
    found = ha.lint("henet-r3", ["HA101"]).diagnostics
    biases = sum(
        ha.build("henet-r3")[f.finding.layers[0]].layer.weights()["bias"][0] for f in found
    )
    assert sum(f.finding.share or 0 for f in found) == pytest.approx(biases / 87_058)


def test_explain() -> None:
    told = run("lint", "--explain", "HA101,memory-bound")
    assert told.out.count(" why ") == 2
    assert "arXiv:1502.03167" in told.out
    every = json.loads(run("lint", "--explain", EVERY_RULE, "-f", "json").out)
    assert [rule["id"] for rule in every["rules"]] == list(IDS)
    assert all(all(rule.values()) for rule in every["rules"])
    assert "HA104 dead-branch (error)" in str(Explained(chosen(["HA104"])))
    assert run("lint", "--explain", "HA1", "--select", "HA1").code == 2


def test_a_machine_moves_the_bound(tmp_path: Path) -> None:
    profile = tmp_path / "board.toml"
    profile.write_text('name = "board"\npeak_gflops = 3\nbandwidth_gb_per_s = 6\n')
    told = run("lint", "henet-r3", "--select", "HA302", "--machine", str(profile))
    assert "FLOP/B, below 0.5" in told.out
    fewer, more = (
        ha.lint("henet-r3", ["HA302"], machine=Machine("core", peak, 1.0)) for peak in (2, 8)
    )
    assert (
        len(fewer.diagnostics)
        < len(ha.lint("henet-r3", ["HA302"]).diagnostics)
        < len(more.diagnostics)
    )


FINDINGS = {
    "henet-r3": "HA101 HA106 HA302",
    "henet-imagenet-191": "HA101 HA106 HA301 HA302",
    "henet-imagenet-255": "HA101 HA106 HA301 HA302",
    "shufflenet-r2": "HA302",
    "shufflenet-r5": "HA302",
    "shufflenet-v1-g1": "HA103 HA302",
    "shufflenet-v1-g2": "HA302",
    "alexnet": "HA102 HA301 HA302",
    "alexnet-one-column": "HA301 HA302",
    "vgg16": "HA301 HA302",
    "vgg16-bn": "HA101 HA301 HA302",
    "resnet50": "HA302",
    "densenet121": "HA302",
    "mobilenetv2": "HA302",
    "nin-cifar10": "",
    "squeezenet1_0": "",
    "shufflenetv2": "HA103 HA302",
    "efficientnet-lite0": "HA302",
    "regnetx-200mf": "HA302",
}


@pytest.mark.parametrize(("network", "ids"), FINDINGS.items())
def test_what_is_found_in_known_networks(network: str, ids: str) -> None:
    assert {told.rule.id for told in ha.lint(network).diagnostics} == set(ids.split())


def test_the_first_residual_networks_leave_three_pixels_of_four_unread() -> None:
    """A stride in the first 1x1, and in the projection beside it (arXiv:1812.01187, 4.2)."""
    first = ha.preset("resnet50").replace(stride_in="1x1")
    found = ha.lint(first, ["dropped-pixels"]).diagnostics
    assert len(found) == 3
    assert "2,352 of 3,136 pixels" in found[0].finding.what
    assert not ha.lint("resnet50", ["dropped-pixels"]).diagnostics


def _fixes(*command: str) -> list[tuple[str, list[str]]]:
    """The ids and the options of the fixes that `lint` prints."""
    blocks = re.findall(r"(?ms)^(HA\d+) .*?^(fix|advice): (.*?)\n\n", run("lint", *command).out)
    return [(id, text.split()) for id, kind, text in blocks if kind == "fix"]


FIXED = {
    "henet-r3": "HA101 HA106",
    "henet-imagenet-255": "HA101 HA106 HA301",
    "vgg11-bn": "HA101 HA301",
    "alexnet": "HA102 HA301",
    "googlenet-auxiliary": "HA301",
    "mobilenet-025": "HA301",
    "mobilenetv2-035": "HA301",
    "shufflenet-v1-g1": "HA103",
    "resnet20": "",
    "resnet50 --set stride_in=1x1": "HA201",
    "henet-r2 --groups dense": "HA101 HA103 HA106",
    "henet-r2 --classes 1 --softmax": "HA101 HA104 HA106",
    "henet-r2 --input 32 --padding valid": "HA101 HA106 HA201",
    "henet-r2 --channels 46,92,184": "HA101 HA106 HA202",
    "vgg11 --padding same": "",
}
"""By what is linted, the rules of which a fix is printed."""


@pytest.mark.slow
@pytest.mark.parametrize("network", [*ha.presets(), *(name for name in FIXED if " " in name)])
def test_every_fix_that_is_printed_works(network: str) -> None:
    fixes = _fixes(*network.split())
    if network in FIXED:
        assert " ".join(sorted(id for id, _ in fixes)) == FIXED[network]
    for id, options in fixes:
        fixed = json.loads(
            run("lint", *network.split(), *options, "--select", id, "-f", "json").out
        )
        assert not fixed["findings"]


def test_a_long_fix_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    command = ("--channels", ",".join(["46"] * 31), "--input", "1", "--strides", "1")
    ((_, options),) = _fixes(*command, "--repeats", "0", "--select", "HA202")
    assert options == ["--set", "channels=" + ",".join(["48"] * 31)]


@pytest.mark.parametrize("name", lints())
def test_the_twins_that_come_from_specs_are_told_a_fix_and_graphs_an_advice(name: str) -> None:
    fires = TWINS[name][0]
    found = ha.lint(fires, [name])
    text = str(found)
    if isinstance(fires, ha.Spec):
        (options,) = found.fixes.values()
        assert f"fix: {options}" in text
        changes = dict(setting(option) for option in options.split("--set ")[1:])
        assert not ha.lint(fires.replace(**changes), [name]).diagnostics
    else:
        assert not found.fixes
        assert f"advice: {lints()[name].advice.split()[0]}" in text


def test_a_graph_is_told_of_its_layer() -> None:
    biased = conv(bias=True)
    (found,) = ha.lint(chain(biased, BatchNorm2d(8)), ["HA101"]).diagnostics
    assert (found.finding.layers, found.advice) == (("layer1",), "Conv2d(..., bias=False)")
    assert not ha.lint(chain(replace(biased, bias=False), BatchNorm2d(8)), ["HA101"]).diagnostics


def test_a_fix_that_would_need_more_than_a_key_is_an_advice() -> None:
    data = json.loads(run("lint", "henet-r3", "--select", "HA302", "-f", "json").out)
    assert {finding["fix"] for finding in data["findings"]} == {None}
    assert "fix:" not in run("lint", "henet-r3", "--select", "HA302").out


@pytest.mark.parametrize(
    ("groups", "ids"), [((1, 1), ["layer2"]), ((2, 2), []), ((2, 1), ["layer2"])]
)
def test_a_shuffle_is_seen_by_what_reads_sets_of_channels(
    groups: tuple[int, int], ids: list[str]
) -> None:
    first, second = (conv(groups=g) for g in groups)
    graph = chain(first, ChannelShuffle(2), BatchNorm2d(8), conv(8, 3, 1, 1, groups=8), second)
    assert [f.finding.layers[0] for f in ha.lint(graph, ["HA103"]).diagnostics] == ids


def test_a_shuffle_that_is_given_away_has_an_effect_unless_it_moves_nothing() -> None:
    for groups, count in ((2, 0), (1, 1), (8, 1)):
        assert len(ha.lint(chain(conv(), ChannelShuffle(groups)), ["HA103"]).diagnostics) == count


def test_depthwise_convolutions_are_no_groups_that_must_meet() -> None:
    depthwise = conv(8, 3, 1, 1, groups=8)
    assert not ha.lint(chain(depthwise, depthwise), ["HA102"]).diagnostics
    assert not ha.lint(chain(conv(groups=2), depthwise), ["HA102"]).diagnostics
    found = ha.lint(chain(conv(groups=2), depthwise, conv(groups=2)), ["HA102"]).diagnostics
    assert [told.finding.layers for told in found] == [("layer1", "layer3")]


def test_two_rectified_maps_of_one_are_no_skip() -> None:
    def made(builder: GraphBuilder, x: Node) -> list[Node]:
        branches = [builder.add(f"relu{index}", Elementwise("relu"), [x]) for index in range(2)]
        return [builder.add("add", Add(), branches)]

    assert not ha.lint(joined(made), ["HA106"]).diagnostics


def test_many_norms_are_not_all_named() -> None:
    def made(builder: GraphBuilder, x: Node) -> list[Node]:
        x = builder.add("conv", conv(bias=True), [x])
        return [builder.add(f"bn{index}", BatchNorm2d(8), [x]) for index in range(5)]

    (found,) = ha.lint(joined(made), ["HA101"]).diagnostics
    assert found.finding.what == "bn0 and bn1 and bn2, ... take its 8 biases away"


def test_a_network_of_vectors_and_one_without_weights() -> None:
    graph = chain(Flatten(), Linear(512, 4))
    assert _names(ha.lint(graph)) == {"dominant-linear", "memory-bound"}
    assert not ha.lint(chain(Flatten())).diagnostics


def test_sizes_that_are_open_or_beyond_use_are_refused() -> None:
    builder = GraphBuilder("net", "test")
    builder.add("image", Input((sympy.Symbol("C", positive=True), 7, 7)))
    with pytest.raises(ShapeError, match="the size C is no number"):
        ha.lint(builder.finish())
    with pytest.raises(LimitError, match=r"100,001 is more than the 16,384 that lint looks at"):
        ha.lint(ha.Spec(input=(3, 100_001, 100_001)))
    outcome = run("lint", "--classes", "10000000000")
    assert (outcome.code, outcome.out) == (3, "")


def _never(context: Context) -> Iterator[Finding]:
    yield Finding((context.graph.nodes[0].name,), "it is an image")


PLUGIN = Rule("XY101", "error", "images", "Why not.", "no image", "none", _never)


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A module that another package announces as the lint rule `images`."""
    module = SimpleNamespace(__name__="images", RULE=PLUGIN)
    monkeypatch.setitem(__import__("sys").modules, "images", module)
    points = [SimpleNamespace(name="images", module="images")]
    monkeypatch.setattr(
        "importlib.metadata.entry_points",
        lambda group: points if group == "henet_arch.lints" else [],
    )
    plugins.announced.cache_clear()
    yield module
    plugins.announced.cache_clear()


def test_another_package_adds_a_rule(plugin: SimpleNamespace) -> None:
    found = ha.lint("henet-r2", ["XY"])
    assert [(told.rule.name, told.finding.what) for told in found.diagnostics] == [
        ("images", "it is an image")
    ]
    assert run("lint", "henet-r2").code == 1


@pytest.mark.parametrize(
    ("lint", "message"),
    [
        (replace(PLUGIN, id="HA101"), "two lint rules have the id HA101: bias-before-batch-norm"),
        (replace(PLUGIN, id="nonsense"), "RULE is not a Rule whose id is letters and three digits"),
        ("no lint", "RULE is not a Rule whose id is letters and three digits"),
    ],
)
def test_a_rule_that_cannot_be_used_is_told(
    plugin: SimpleNamespace, lint: object, message: str
) -> None:
    plugin.RULE = lint
    with pytest.raises(PluginError, match=message) as error:
        lints()
    assert error.value.where == "entry point images of henet_arch.lints"


@pytest.mark.parametrize("preset", ["mobilenetv3-small", "efficientnet-b0", "regnety-200mf"])
def test_what_is_spread_over_a_map_moves_no_centre(preset: str) -> None:
    """Squeeze-and-excite sees the whole map; the sums of such blocks are aligned all the same."""
    assert not ha.lint(preset, ["HA105"]).diagnostics
