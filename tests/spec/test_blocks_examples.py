"""The papers' networks written as blocks are the networks of the families in Python."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from cli.run import run
from examples import examples as tries
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import SMALL, networks, specs

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.search.measures import MEASURES
from henet_arch.spec.blocks.examples import declared, examples, text_for, text_of
from henet_arch.spec.build import build
from henet_arch.spec.files import parse
from henet_arch.support.errors import HenetArchError, SpecError
from henet_arch.symbolic.formula import formula

PRESETS = [name for name, spec in ha.presets().items() if spec.family in examples()]
ABSENT = {"googlenet-auxiliary"} | {n for n in PRESETS if "shufflenet-v1" in n and "x0" in n}
"""Presets with a key that their example leaves out; a width of 0.5 is x050."""


def _facts(graph: Graph) -> list[Any]:
    """All of a graph but its name, its family and the reasons."""
    nodes = [node._replace(because=()) for node in graph]
    return [nodes, graph.outputs]


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in ABSENT])
def test_presets_are_their_blocks_node_for_node(name: str) -> None:
    spec = ha.preset(name)
    assert _facts(build(declared(spec))) == _facts(build(spec))


@pytest.mark.parametrize("name", ["googlenet-auxiliary", "shufflenet-v1-g3-x050"])
def test_what_an_example_leaves_out_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match=r"the blocks of .* are for (auxiliary|width) = "):
        text_for(ha.preset(name))
    with pytest.raises(SpecError, match="no file has the blocks of family lenet"):
        text_for(ha.preset("lenet5"))


def _built(spec: ha.Spec) -> Graph | None:
    try:
        return build(spec)
    except HenetArchError:
        return None


@given(specs() | networks().filter(lambda spec: spec.family in examples()), st.data())
@tries(60)
def test_random_specs_are_their_blocks_node_for_node(spec: ha.Spec, data: st.DataObject) -> None:
    if data.draw(st.booleans()) and hasattr(spec, "channels"):
        widths = data.draw(st.lists(st.integers(1, 40), min_size=len(spec.channels),
                                    max_size=len(spec.channels)))  # fmt: skip
        spec = spec.replace(channels=tuple(widths))
    try:
        text = text_for(spec)
    except SpecError:
        assume(False)
    ours, theirs = _built(parse(text, "toml")), _built(spec)
    assert (ours is None) == (theirs is None)
    assert ours is None or theirs is None or _facts(ours) == _facts(theirs)


_TOKENS = {name: re.findall(r"\w+|\s+|[^\w\s]", text_of(name)) for name in examples()}
_WORDS = [
    *sorted({token for tokens in _TOKENS.values() for token in tokens}),
    *("", " of in", " when false", " times 0", "before.x", "-1", "1.5", "999999999999", "first"),
]


@given(st.sampled_from(examples()), st.sampled_from(_WORDS), st.integers(0, 1), st.data())
@tries(60)
def test_damaged_files_are_refused_in_words(
    name: str, word: str, replaced: int, data: st.DataObject
) -> None:
    tokens = list(_TOKENS[name])
    place = data.draw(st.integers(0, len(tokens) - 1))
    tokens[place : place + replaced] = [word]
    try:
        build(parse("".join(tokens), "toml"), max_blocks=500)
    except HenetArchError as error:
        assert error.what


def test_every_paper_has_its_file() -> None:
    assert {
        "henet", "resnet", "mobilenetv2", "mobilenetv3", "shufflenet", "shufflenet-v1",
        "shufflenetv2", "densenet", "googlenet", "vgg",
    } == {*examples()}  # fmt: skip
    assert {*examples()} <= {*SMALL, "henet", "shufflenet"}


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [("henet-r2", 68_626, 7_125_576), ("henet-r3", 87_058, 10_046_040),
     ("henet-r4", 105_490, 12_966_504), ("shufflenet-r5", 102_418, 13_278_552)],
)  # fmt: skip
def test_counts_are_exact_and_those_of_the_paper(name: str, params: int, macs: int) -> None:
    """Source: the HENet paper, Tables 3 to 5, recounted by hand."""
    spec = declared(ha.preset(name))
    report = ha.analyze(spec)
    assert (report.params, report.macs) == (params, macs)
    printed = ha.analyze(spec, "paper")
    assert (printed.params, printed.macs) == (
        ha.analyze(name, "paper").params,
        ha.analyze(name, "paper").macs,
    )


@pytest.mark.parametrize("cost", ["params", "macs", "activations"])
def test_formulas_are_those_of_the_family(cost: str) -> None:
    ours, theirs = formula(declared(ha.preset("henet-r3")), cost), formula("henet-r3", cost)
    assert ours.expr == theirs.expr
    assert ours.symbols == theirs.symbols
    assert set(ours.conditions) == set(theirs.conditions)
    assert ours.growth() == theirs.growth()
    widths = {"C1": 32, "C2": 32, "C3": 64, "C4": 64}
    numbers = {**widths, "r1": 2, "r2": 1, "r3": 5, "H": 47, "W": 40, "K": 7}
    assert ours.substitute(**numbers) == theirs.substitute(**numbers)


def test_budgets_are_those_of_the_family() -> None:
    asked: dict[str, Any] = {
        "channels": [[12, 24], [24, 48], [96], [96, 192]],
        "repeats": [[1, 2], [3], [1, 2, 3]],
        "at_most": {"params": 60_000},
    }
    ours, theirs = (
        ha.budget(source, **asked) for source in (declared(ha.preset("henet-r3")), "henet-r3")
    )
    assert len(ours.points) > 3
    assert [point.figures for point in ours.points] == [point.figures for point in theirs.points]
    assert {*ours.points[0].figures} == {*MEASURES}


def _calls(spec: ha.Spec) -> int:
    """How many functions of Python a build calls."""
    count = 0

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    build(spec)
    sys.setprofile(called)
    try:
        build(spec)
    finally:
        sys.setprofile(None)
    return count


def test_blocks_are_built_by_less_than_twice_the_calls_of_python() -> None:
    theirs, ours = ha.preset("henet-r3"), declared(ha.preset("henet-r3"))
    assert _calls(theirs) < _calls(ours) < 2 * _calls(theirs)


def test_list_and_spec_show_the_examples() -> None:
    listed = run("list", "--examples")
    assert not listed.code
    for name in examples():
        assert f"\n {name} " in listed.out
    for option in (("--classes", "10"), ("henet",), ("--input", "32")):
        refused = run("list", "--examples", *option)
        assert refused.code == 2
        assert "has no effect with --examples" in refused.err


@pytest.mark.parametrize("form", ["toml", "json", "yaml"])
def test_spec_prints_a_preset_with_its_blocks(form: str) -> None:
    printed = run("spec", "henet-r3", "--repeats", "2", "--blocks", "--format", form)
    spec = parse(printed.out, form)
    assert spec.title == "henet-r2"
    assert _facts(build(spec)) == _facts(build(ha.preset("henet-r2")))
    assert "reads B_(l-1) = [X, H]" in printed.out


def test_blocks_of_a_spec_that_has_its_own_are_refused(tmp_path: Any) -> None:
    path = tmp_path / "net.toml"
    path.write_text(text_for(ha.preset("henet-r3")))
    refused = run("spec", str(path), "--blocks")
    assert refused.code == 2
    assert "--blocks changes nothing: henet-r3 declares its own" in refused.err
