"""The language of blocks: what lines mean, and in which words they are refused."""

from __future__ import annotations

import copy
import pickle
import time
import tracemalloc
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cli.run import run
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.importers.weights import weight_bytes
from henet_arch.ir.graph import Graph
from henet_arch.spec.blocks.evaluate import compiled
from henet_arch.spec.blocks.expressions import read_expression
from henet_arch.spec.blocks.frame import Frame
from henet_arch.spec.blocks.locate import located
from henet_arch.spec.blocks.text import Line, Owner
from henet_arch.spec.blocks.values import round_to
from henet_arch.spec.build import build
from henet_arch.spec.files import dumps, load, parse
from henet_arch.spec.schema import json_schema
from henet_arch.support import core_yaml
from henet_arch.support.errors import (
    FileError,
    HenetArchError,
    LimitError,
    SpecError,
    UnknownNameError,
)

HEAD = "pool, flatten, fc = global_pool, flatten, linear(classes)"


def _spec(unit: str = "conv = conv(C)", network: str = "", /, **values: Any) -> ha.Spec:
    """Stages of the block `unit` for `channels`, and a head."""
    blocks = {"unit": {"layers": unit}, **values.pop("blocks", {})}
    network = network or f"stage = unit for channels\n{HEAD}"
    return ha.Spec(**{"channels": [8, 16], **values}, network=network, blocks=blocks)


def _graph(unit: str, network: str = "", /, **values: Any) -> Graph:
    return build(_spec(unit, network, **values))


def _value(text: str, **numbers: Any) -> Any:
    """What an expression comes to."""
    frame: Any = Frame(None, {"channels": (8, 16, 32)}, numbers, {})  # type: ignore[arg-type]
    return compiled(read_expression(Line(text, Owner("network"), 1)))(frame)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 - 2 - 1", 4),
        ("-3 + 5", 2),
        ("7 // 2 * 2 + 7 % 2", 7),
        ("-7 // 2", -4),
        ("7 / 2", Fraction(7, 2)),
        ("6 / 2", 3),
        ("0.58 * 50", 29),
        ("0.1 + 0.2 == 0.3", True),
        ("2 < 3 and not 3 <= 2", True),
        ("1 == 2 or 2 >= 2", True),
        ("1 == 1 and 1 != 1 or false", False),
        ("5 if 1 > 2 else 6 if true else 7", 6),
        ('"a" == "a"', True),
        ("max(1, 5, 3) - min(4, 2)", 3),
        ("round_to(44)", 48),
        ("round_to(43.9)", 40),
        ("round_to(3)", 8),
        ("round_to(90, 100)", 100),
        ("channels[0] + channels[-1]", 40),
        ("len(channels)", 3),
        ("C * width", 24),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    assert _value(text, C=16, width=Fraction(3, 2)) == value


def _shown(node: tuple[Any, ...] | int) -> str:
    if isinstance(node, int):
        return str(node)
    operator, left, right = node
    return f"({_shown(left)}) {operator} ({_shown(right)})"


def _exact(node: tuple[Any, ...] | int) -> Fraction:
    if isinstance(node, int):
        return Fraction(node)
    operator, left, right = node[0], _exact(node[1]), _exact(node[2])
    if operator == "//":
        return Fraction(left // right)
    return (
        {"+": left + right, "-": left - right, "*": left * right}[operator]
        if (operator != "/")
        else left / right
    )


_TREES = st.recursive(
    st.integers(1, 99),
    lambda inner: st.tuples(st.sampled_from(("+", "-", "*", "/", "//")), inner, inner),
    max_leaves=5,
)


@given(_TREES)
@examples(100)
def test_arithmetic_is_that_of_fractions(tree: Any) -> None:
    try:
        wanted = _exact(tree)
    except ZeroDivisionError:
        with pytest.raises(HenetArchError, match=r"/ 0"):
            _value(_shown(tree))
        return
    result = _value(_shown(tree))
    assert result == wanted
    assert isinstance(result, int) == (wanted.denominator == 1)


@given(st.floats(0.25, 5000).map(lambda v: round(v, 2)), st.sampled_from((4, 8, 16)))
@examples(200)
def test_rounding_is_that_of_mobilenet(value: float, unit: int) -> None:
    """Source: `_make_divisible` in torchvision, in exact numbers."""
    exact = Fraction(str(value))
    divisible = max(unit, int(exact + Fraction(unit, 2)) // unit * unit)
    divisible += unit * (divisible < Fraction(9, 10) * exact)
    assert round_to(exact, unit) == divisible


def test_a_layer_that_is_not_there_passes_its_input_on() -> None:
    graph = _graph("conv = conv(C)\nbn, act = norm, relu when stage == 2\nadd = add(act, conv)")
    assert [n.inputs for n in graph if n.layer.kind == "add"] == [
        ("stage1.conv", "stage1.conv"),
        ("stage2.act", "stage2.conv"),
    ]


def test_blocks_have_scopes_and_numbers() -> None:
    blocks = {"one": {"layers": "conv = conv(C)"}, "two": {"layers": "bn = norm"}}
    unit = "a = one\nb = two times 2\nb = one times 1\ntwo times 2\none times number_of"
    graph = _graph(unit, number_of=1, channels=[4], blocks=blocks)
    assert [node.name for node in graph][1:-3] == [
        "stage1.a.conv", "stage1.b1.bn", "stage1.b2.bn", "stage1.b3.conv", "stage1.bn1",
        "stage1.bn2", "stage1.conv3",
    ]  # fmt: skip


def test_lines_of_a_block_that_is_not_there_are_what_it_would_read() -> None:
    blocks = {"inner": {"layers": "a = conv(kernel=3)\nb = relu"}}
    unit = "x = norm\ninner when stage == 2\nadd = add(b, x)\nlast = add(add, before.b)"
    graph = _graph(unit, blocks=blocks)
    assert graph["stage1.add"].inputs == ("stage1.x", "stage1.x")
    assert graph["stage2.add"].inputs == ("stage2.b", "stage2.x")


def test_blocks_see_the_numbers_of_their_callers() -> None:
    blocks = {
        "inner": {"half": "C / 2", "layers": "conv = conv(half, kernel, stride)\nlast = last"},
        "last": {"layers": "conv = conv(half)"},
    }
    unit = "a = inner(4 * C, stride = 2)\nb = inner(kernel = 1, stride = 1)"
    graph = _graph(unit, channels=[6], kernels=[5], blocks=blocks)
    facts = [
        (n.name, *(n.layer.attributes()[k] for k in ("out_channels", "kernel", "stride")))
        for n in graph
        if n.layer.kind == "conv2d"
    ]
    assert facts == [
        ("stage1.a.conv", 12, (5, 5), (2, 2)),
        ("stage1.a.last.conv", 12, (1, 1), (1, 1)),
        ("stage1.b.conv", 3, (1, 1), (1, 1)),
        ("stage1.b.last.conv", 3, (1, 1), (1, 1)),
    ]


def test_the_block_before_is_its_line_or_the_input() -> None:
    blocks = {"inner": {"layers": "conv = conv(C)\nadd = add(conv, before.conv)"}}
    graph = _graph("block = inner times 3", channels=[3], blocks=blocks)
    assert [node.inputs[1] for node in graph if node.layer.kind == "add"] == [
        "input", "stage1.block1.conv", "stage1.block2.conv",
    ]  # fmt: skip


def test_lists_have_a_value_for_each_place_and_each_block() -> None:
    network = f"stem = conv_of\nstage = unit for channels[1:]\n{HEAD}"
    blocks = {"conv_of": {"layers": "conv = conv(wide, kernel)"}}
    values = {
        "channels": [2, 4, 6],
        "kernels": [7, 3, 5],
        "wide": [1, [8, 9], [10]],
        "repeats": [3, 2],
    }
    graph = _graph("block = conv_of times repeat", network, blocks=blocks, **values)
    convs = [node.layer.attributes() for node in graph if node.layer.kind == "conv2d"]
    assert [conv["out_channels"] for conv in convs] == [1, 8, 9, 9, 10, 10]
    assert [conv["kernel"][0] for conv in convs] == [7, 3, 3, 3, 5, 5]
    spec = _spec("block = conv_of times repeat", network, blocks=blocks, **values)
    assert spec.stage_keys() == {
        "kernels": ("stem", "stage1", "stage2"),
        "wide": ("stem", "stage1", "stage2"),
        "repeats": ("stage1", "stage2"),
    }
    once = spec.replace(wide=3, kernels=1, repeats=2)
    assert once.stage_keys().keys() == {"kernels", "repeats"}
    assert once.broadcast("kernels") == (1, 1, 1)


def test_numbers_are_read_by_other_numbers_and_by_the_blocks_inside() -> None:
    blocks = {
        "outer": {"a": 3, "b": "2 * a", "layers": "c = inner"},
        "inner": {"C": 12, "layers": "d = conv(b, groups=m)"},
    }
    graph = _graph("e = outer", channels=[4], input=(6, 8, 8), groups=3, blocks=blocks)
    assert graph["stage1.e.c.d"].layer.attributes()["out_channels"] == 6


def test_a_list_has_no_more_values_than_blocks_read() -> None:
    blocks = {"conv_of": {"layers": "conv = conv(wide)"}, "other": {"layers": "relu = relu"}}
    unit = "a = other\nb = conv_of times repeat\nc = conv_of times repeat + 1\nd = other times 9"
    values = {"channels": [4, 6], "repeats": [1, 0], "blocks": blocks}
    assert _graph(unit, **values, wide=[[8, 9], [10]])
    assert _graph(unit, **values, wide=8)
    with pytest.raises(HenetArchError) as caught:
        _graph(unit, **values, wide=[[8, 9, 10], [11]])
    assert str(caught.value) == (
        "wide = (8, 9, 10) has values for 3 blocks, not for 2\n"
        "  where: network, line 1, column 1: stage1\n"
        "  fix:   a list of at most 2"
    )


def test_decisions_left_open_are_taken_by_rules() -> None:
    values = {"channels": [24], "groups": "nearest-divisors", "padding": "odd-resolution"}
    unit = "a, b = conv(C), norm\nc = conv(C, 3, 2, groups=m)\nd = conv(kernel=3, groups=n)"
    graph = _graph(unit, **values)
    a, c, d = (graph[f"stage1.{name}"].layer.attributes() for name in "acd")
    assert (a["bias"], c["bias"], d["bias"]) == (False, True, True)
    assert (c["groups"], d["groups"], d["out_channels"]) == (6, 4, 24)
    assert (c["padding"], d["padding"]) == ((0, 0), (1, 1))
    rules = [decision.rule for decision in graph["stage1.c"].because]
    assert rules == ["nearest-divisors", "source", "odd-resolution"]
    blocks = {"inner": {"wide": "2 * C", "of_wide": "m(wide)",
                        "layers": "a = conv(wide)\nb = conv(wide, groups=of_wide)"}}  # fmt: skip
    inner = _graph("a = inner", **{**values, "padding": "same"}, blocks=blocks)
    assert [d.rule for d in inner["stage1.a.b"].because] == ["nearest-divisors", "source"]
    assert [d.rule for d in inner["stage1.a.a"].because] == ["source"]
    deep = _graph('a = conv(kernel=3, groups="depthwise")', channels=[24])["stage1.a"]
    assert deep.layer.attributes()["groups"] == 3
    assert deep.because[0].reason == "one group for each of the 3 channels"
    values = {"channels": [24], "padding": "odd-resolution"}
    same = _graph('c = conv(C, 3, 2, padding="same")\nd = conv(C, 3, padding=0)', **values)
    assert [same[f"stage1.{n}"].layer.attributes()["padding"] for n in "cd"] == [(1, 1), (0, 0)]


def test_reasons_are_said_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(
        "channels = [4]\nnetwork = '''\nstage = unit for channels\n'''\n[blocks.unit]\n"
        "layers = '''\n# a remark\n"
        "conv, bn = conv(C), norm # skip: none here [Fig. 2]; and so on\n'''"
    )
    graph = build(load(path))
    place = f"{path}:8"
    assert [tuple(decision) for decision in graph["stage1.conv"].because] == [
        ("skip", "none here", "Fig. 2"),
        ("unit", "and so on", place),
        ("source", "conv, bn = conv(C), norm", place),
        ("bias", "no bias, since batch norm follows", "common practice"),
    ]
    assert graph["stage1.bn"].place == (str(path), 8)
    shown = run("explain", str(path), "stage1.conv").out
    assert "none here [skip; Fig. 2]" in shown


MESSAGES: list[tuple[str, str]] = [
    ("conv = konv(C)", "unknown layer or block 'konv'\n  where: {0}column 8\n  fix:   did"),
    ("conv = conv(D)", "unknown number 'D'\n  where: {0}column 13"),
    ("conv = conv(C, kernl=3)", "conv has no argument 'kernl'\n  where: {0}column 22"),
    ("conv = conv(C, 3, 1, 1, 1)", "conv takes channels, kernel, stride, groups"),
    ("conv = conv(C, channels=3)", "channels is there twice\n  where: {0}column 25"),
    ("pool = max_pool", "max_pool needs its kernel\n  where: {0}column 8"),
    ("a = relu(3)", "relu takes no arguments\n  where: {0}column 10"),
    ("a = add(in)", "add joins two lines or more\n  where: {0}column 5\n  fix:   add(conv1, in)"),
    ("a = add(in, b)", "no line before this one is named 'b'\n  where: {0}column 13"),
    ("a = relu of b", "no line before this one is named 'b'\n  where: {0}column 13"),
    ("a = relu of before.b", "no line of this block is named 'b'\n  where: {0}column 13"),
    ("relu", "a layer without a name\n  where: {0}column 1\n  fix:   relu1 = ..."),
    ("a, b = relu", "2 names for 1 layers\n  where: {0}column 1"),
    ("a = relu\na = norm", "two lines are named 'a'\n  where: blocks.unit, line 2, column 1"),
    ("in = relu", "no layer can be named 'in'\n  where: {0}column 1"),
    ("lambda = relu", "no layer can be named 'lambda'\n  where: {0}column 1"),
    ("when = relu", "'when' is a word of the language\n  where: {0}column 1"),
    ("a = relu times 3", "relu is no block, and only blocks repeat\n  where: {0}column 5"),
    ("a = relu for channels", "relu is no block, and only blocks repeat\n  where: {0}column 5"),
    ("a = unit", "the block unit has itself inside: unit > unit\n  where: {0}column 5"),
    ("a = conv(C", "',' is missing before the end\n  where: {0}column 11"),
    ("a = conv(C +)", "a number or a name is missing before )\n  where: {0}column 13"),
    ("a = conv(1 if first)", "'else' is missing before )\n  where: {0}column 20"),
    ("a = relu relu", "'relu' cannot stand here\n  where: {0}column 10"),
    ("a = relu when first when first", "'when' cannot stand here\n  where: {0}column 21"),
    ("a = conv(max())", "max takes 1 to 20 values, not 0\n  where: {0}column 10"),
    ("a = conv(sum(C))", "unknown function 'sum'\n  where: {0}column 10"),
    ("a = conv(len(C))", "'C' is no key of the spec\n  where: {0}column 14"),
    ("a = conv(depths[0])", "'depths' is no key of the spec\n  where: {0}column 10"),
    ("a = conv(C) $", "'$' cannot stand here\n  where: {0}column 13"),
    ("a = conv(3x)", "'3x)' cannot stand here\n  where: {0}column 10"),
    ("a = conv(before.b)", "a line of the block before is no number\n  where: {0}column 10"),
    ("a = conv(height(b))", "no line before this one is named 'b'\n  where: {0}column 17"),
    ("a = conv(C / 3)", "channels: 8 / 3 is no whole number\n  where: {0}column 12: stage1"),
    ("a = conv(C - C)", "out_channels = 0 is below 1\n  where: {0}column 5: stage1, a conv2d"),
    ("a = conv(groups=2)", "2 groups do not divide 3 input channels\n  where: {0}column 5: stage1"),
    ("a = conv(number)", "channels: number has no value here\n  where: {0}column 10: stage1"),
    ("a = conv(Cnext + C)", "channels: Cnext has no value here\n  where: {0}column 10: stage2"),
    ("a = conv(channels[7])", "channels: channels[7] is none of its 2 values"),
    ('a = conv("x")', "channels: 'x' is a word, and no number\n  where: {0}column 10"),
    ("a = relu when C", "8 is neither true nor false\n  where: {0}column 15: stage1"),
    ('a = relu when C == "x"', "8 and 'x' are never equal: they differ in kind"),
    ('a = activation("rleu")', "function: unknown function 'rleu'\n  where: {0}column 16: stage1"),
    ("a = linear(4)", "a linear layer takes a vector, not 3x31x31\n  where: {0}column 5: stage1.a"),
    ("a = dropout(2)", "a dropout of 2.0 is not in 0 <= p < 1\n  where: {0}column 5"),
]  # fmt: skip


@pytest.mark.parametrize(("unit", "message"), MESSAGES, ids=[unit for unit, _ in MESSAGES])
def test_messages(unit: str, message: str) -> None:
    with pytest.raises(HenetArchError) as caught:
        _graph(unit)
    assert str(caught.value).startswith(message.format("blocks.unit, line 1, "))


KEYS: list[tuple[dict[str, Any], str]] = [
    ({"growth": 3}, "no line reads the key 'growth'"),
    ({"groups": "dense"}, "no line reads the key 'groups'"),
    ({"C": 3}, "no key of a spec can be named 'C'"),
    ({"import": 3}, "no key of a spec can be named 'import'"),
    ({"program": 3}, "no key of a spec can be named 'program'"),
    ({"a b": 3}, "no key of a spec can be named 'a b'"),
    ({"blocks": {"conv": {"layers": "a = relu"}}}, "no block can be named 'conv'"),
    ({"blocks": {"a.b": {"layers": "a = relu"}}}, "no block can be named 'a.b'"),
    ({"blocks": {"b": {"in": 1, "layers": "a = relu"}}}, "no number can be named 'in'"),
    ({"blocks": {"b": {"w": "C +", "layers": ""}}}, "a number or a name is missing before the end"),
    ({"blocks": {"b": {"w": "C C", "layers": ""}}}, "the end of the expression is missing"),
    ({"blocks": {"b": {"w": "height(a)", "layers": ""}}}, "a number of a block knows its input"),
    ({"blocks": {"b": {"w": 3, "layers": "a = relu"}}}, "no line of the block b reads its number"),
    ({"blocks": {"b": {"C": 3, "layers": "a = relu"}}}, "no line of the block b reads its number"),
    ({"blocks": {"b": {}}}, "blocks.b has no layers"),
    ({"blocks": {"b": {"layers": 5}}}, "blocks.b is not text"),
    ({"network": 5}, "network is not text"),
    ({"network": "# nothing"}, "network has no lines"),
    ({"network": "unit for channels"}, "stages without a name"),
    ({"network": "stage = unit for channels times 2"}, "times and for on one line"),
    ({"network": "stage = unit for width"}, "'width' is no key of the spec"),
    ({"repeats": [1]}, "no line reads the key 'repeats'"),
    ({"channels": []}, "channels = [] is shorter than the 1 values it needs"),
    ({"blocks": {"b": {"layers": "a = conv(width)"}}, "width": [[[1]]]}, "width: neither a"),
    (
        {"blocks": {"b": {"layers": "a = conv(width)"}}, "width": "11/3"},
        "width: '11/3' is no word: letters, digits, -, _ and .\n"
        "  fix:   the number itself; an expression stands in a block: wide = \"Cin * 11 / 3\"",
    ),
    (
        {"padding": 0},
        "padding = 0 is not a string\n  fix:   known names: odd-resolution, same, valid",
    ),
    ({"blocks": {"b": {"layers": "a = conv(width)"}}, "width": -1}, "width: a number is not"),
    ({"family": "blocks", "network": None}, "network is not text"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "message"), KEYS, ids=[m[:40] for _, m in KEYS])
def test_keys_and_names_are_refused(values: dict[str, Any], message: str) -> None:
    blocks = {"unit": {"layers": "a = conv(C)"}, **values.get("blocks", {})}
    network = f"stage = unit for channels\n{HEAD}"
    with pytest.raises(SpecError) as caught:
        ha.Spec(**{"channels": [8], "network": network, **values, "blocks": blocks})
    assert str(caught.value).startswith(message)


def test_a_word_is_one_that_a_line_compares() -> None:
    unit = 'a = relu when kind == "one"\nb = norm when kind == "two"'
    assert len(_graph(unit, kind="two", channels=[3])) == 5
    with pytest.raises(SpecError, match="kind = 'tow' is none of the words"):
        _spec(unit, kind="tow")


def test_a_family_without_its_blocks() -> None:
    with pytest.raises(SpecError, match="network is missing"):
        ha.Spec(family="blocks")
    with pytest.raises(SpecError, match="network is missing"):
        ha.Spec(blocks={})
    with pytest.raises(SpecError, match="unknown key 'network'"):
        ha.Spec(family="henet", network="a = relu")
    with pytest.raises(SpecError, match="says network, blocks, which family resnet has not"):
        _spec().replace(family="resnet")


def _doubling(count: int) -> dict[str, Any]:
    """Blocks of 400 lines, each of which calls the next one."""
    lines = {
        f"b{i}": {"layers": "\n".join(f"x{j} = b{i + 1}" for j in range(400))} for i in range(count)
    }
    return {**lines, f"b{count}": {"layers": "a = relu"}}


HOSTILE: dict[str, tuple[str, Mapping[str, Any], type[HenetArchError]]] = {
    "recursion": ("a = v", {"v": {"layers": "a = w"}, "w": {"layers": "b = unit"}}, SpecError),
    "repeats": ("a = v times 1000000000", {"v": {"layers": "a = relu"}}, LimitError),
    "inner repeats": (
        "a = v times 20000",
        {"v": {"layers": "a = w times 20000"}, "w": {"layers": "a = relu"}},
        LimitError,
    ),
    "repeats of nothing": (
        "a = v times 19999",
        {"v": {"layers": "w times 9999"}, "w": {"layers": "a = relu when false"}},
        LimitError,
    ),
    "powers": ("a = b0", _doubling(9), LimitError),
    "depth": ("a = b0", {f"b{i}": {"layers": f"x = b{i + 1}"} for i in range(99)}
              | {"b99": {"layers": "a = relu"}}, SpecError),
    "a long expression": ("a = conv(" + "C + " * 25_000 + "C)", {}, SpecError),
    "a deep expression": ("a = conv(" + "(" * 200 + "C" + ")" * 200 + ")", {}, SpecError),
    "many signs": ("a = conv(" + "-" * 400 + "C)", {}, SpecError),
    "many digits": ("a = conv(" + "9" * 400 + ")", {}, SpecError),
    "large numbers": ("a = conv(" + "*".join(["999999999"] * 20) + ")", {}, HenetArchError),
    "many lines": ("\n".join(["a = relu when false"] * 100_000), {}, SpecError),
    "code": ("a = __import__(\"os\")", {}, SpecError),
    "code as a name": ("__import__('os') = relu", {}, SpecError),
    "code of a block": ("a = relu", {"__import__('os')": {"layers": "a = relu"}}, SpecError),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_blocks_are_refused_in_time_and_memory(name: str) -> None:
    unit, blocks, error = HOSTILE[name]
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(error):
            build(_spec(unit, blocks=blocks), max_blocks=1000)
        assert time.process_time() - start < 5
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


def test_a_long_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(dumps(_spec()) + "# " + "x" * 100_000)
    with pytest.raises(FileError, match="larger"):
        load(path)


@pytest.mark.parametrize(
    "text",
    [
        " " * 60_000 + "x network",
        "a." * 30_000 + "network",
        "\n" * 60_000,
        "x = [" + "'network', " * 5_000 + "]",
    ],
    ids=["spaces", "dots", "lines", "words"],
)
def test_places_are_found_in_time(text: str) -> None:
    data = {"network": ["a = relu"] * 300, "blocks": {f"b{i}": {"layers": []} for i in range(200)}}
    start = time.process_time()
    result = located(data, text, "net.toml")
    assert {line.spot.file for line in result["network"]} == {"net.toml"}
    assert time.process_time() - start < 5


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), max_size=40))
@examples(300)
def test_any_line_is_read_or_refused_in_words(text: str) -> None:
    try:
        _graph(f"x = conv(C)\n{text}")
    except HenetArchError as error:
        assert error.what


def test_limits_of_blocks_are_the_callers() -> None:
    spec = _spec("a = v times 30", blocks={"v": {"layers": "a = relu"}})
    assert build(spec, max_blocks=62)
    with pytest.raises(LimitError, match="blocks add up to"):
        build(spec, max_blocks=61)


def test_specs_are_values() -> None:
    spec = _spec("a = conv(C * growth)", growth=2)
    for same in (
        pickle.loads(pickle.dumps(spec)),
        copy.deepcopy(spec),
        ha.Spec(**spec.model_dump(mode="json")),
        spec.replace(),
        _spec("a = conv(C * growth)", growth=2),
    ):
        assert same == spec
        assert hash(same) == hash(spec)
        assert build(same) == build(spec)
    assert spec != spec.replace(growth=3)
    assert spec != _spec("a = conv(growth * C)", growth=2)
    assert spec.replace(growth=3, channels=(8,)).title == "blocks-8-growth-3"
    assert spec.replace(input=16).input == (3, 16, 16)


def test_blocks_in_python_are_those_of_a_file(tmp_path: Path) -> None:
    unit = (
        ha.Block("unit", half="C / 2", wide=4)
        .conv("conv1", "half", kernel=3, bias=False, because="narrow: half [Table 1]")
        .norm("bn1")
        .call("inner", "small", 3, stride=2, of="in", when="first", times="repeat")
        .add("sum", "bn1", "before.sum", when="same_shape(bn1, in)")
    )
    assert str(unit).splitlines() == [
        "conv1 = conv(half, kernel=3, bias=false)  # narrow: half [Table 1]",
        "bn1 = norm",
        "inner = small(3, stride=2) of in when first times repeat",
        "sum = add(bn1, before.sum) when same_shape(bn1, in)",
    ]
    assert unit.to_dict()["half"] == "C / 2"
    assert unit.line("x = relu").texts[:-1] == unit.texts
    with pytest.raises(AttributeError, match="'konv' is neither a layer"):
        unit.konv("a")
    stage = ha.Block("stage").conv("conv", "C", kernel=3).relu("act")
    network = ha.Block("network").line("stage = stage for channels").line(HEAD)
    spec = ha.Spec(network=network, blocks=[stage], channels=[4, 8], name="mine")
    for ending in ("toml", "json", "yaml"):
        path = tmp_path / f"net.{ending}"
        ha.save(spec, path)
        assert ha.load(path).origin == spec
    assert ha.Block.of(ha.load(path).origin, "stage") == stage  # type: ignore[arg-type]
    assert ha.Block.of(spec) == network
    with pytest.raises(UnknownNameError, match="unknown block 'stem'"):
        ha.Block.of(spec, "stem")
    with pytest.raises(SpecError, match="two blocks are named 'stage'"):
        ha.Spec(network=network, blocks=[stage, stage], channels=[4])
    with pytest.raises(SpecError, match="5 is no block"):
        ha.Spec(network=network, blocks=[5], channels=[4])


@pytest.mark.parametrize("form", ["toml", "json", "yaml"])
def test_places_are_found_in_every_format(form: str, tmp_path: Path) -> None:
    spec = _spec('a = conv(C)\n\nb = relu when kind == "one"\nc = conv(C / 7)', kind="one")
    path = tmp_path / f"net.{form}"
    path.write_text(dumps(spec, form))
    lines = path.read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "C / 7" in line)
    column = lines[number - 1].index("/") + 1
    with pytest.raises(
        HenetArchError, match=rf"net\.{form}, line {number}, column {column}: stage1"
    ):
        build(load(path))
    path.write_text(path.read_text().replace("/ 7", "/ "))
    with pytest.raises(SpecError, match=rf"net\.{form}, line {number}, column {column + 2}"):
        load(path)


SCHEMA = jsonschema.Draft202012Validator(json_schema())


def test_the_schema_sees_into_blocks() -> None:
    values = {"channels": [4], "growth": [[1, 2], [3]], "network": ["stage = unit for channels"]}
    good = {**values, "blocks": {"unit": {"half": "C / 2", "layers": ["a = conv(C, 3) of in"]}}}
    assert SCHEMA.is_valid(good)
    assert SCHEMA.is_valid({**good, "network": "stage = unit for channels\n"})
    damaged: list[dict[str, Any]] = [
        {**values, "blocks": {"unit": {}}},
        {**values, "blocks": {"unit": {"layers": ["a = = conv"]}}},
        {**values, "blocks": {"unit": {"layers": [5]}}},
        {**values, "blocks": {"conv": {"layers": []}}},
        {**values, "blocks": {"unit": {"layers": [], "half": [1]}}},
        {**values, "network": 5},
        {**values, "growth": {"a": 1}},
        {"blocks": {}},
        {**values, "channels": [0]},
    ]
    for wrong in damaged:
        assert not SCHEMA.is_valid(wrong), wrong


def test_check_says_whether_a_file_is_a_network(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(dumps(_spec("conv = conv(C)", name="mine")))
    checked = run("spec", "--check", str(path))
    assert (checked.code, checked.out) == (
        0,
        "mine: 1 block of its own, 6 layers, 3x31x31 -> 10\n",
    )
    assert run("spec", "henet-r3", "--check").out == "henet-r3: 102 layers, 3x31x31 -> 10\n"
    path.write_text(dumps(_spec("conv = conv(C / 3)")))
    refused = run("spec", "--check", str(path))
    assert refused.code == 3
    assert "8 / 3 is no whole number" in refused.err
    assert run("spec", "--check", str(path), "--format", "json").code == 2


VERBS = (
    ("analyze", "--symbolic"),
    ("explain",),
    ("lint",),
    ("draw", "--format", "text"),
    ("analyze", "--analysis", "receptive-field"),
    ("emit",),
    ("budget", "--channels", "4..8:4,8", "--max-params", "5000"),
    ("reconcile",),
)


@pytest.mark.parametrize("words", VERBS, ids=[" ".join(words[:2]) for words in VERBS])
def test_every_verb_takes_a_file_of_blocks(words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    unit = "a, b, c = conv(C, 3), norm, relu\nd = add(c, in) when same_shape(c, in)"
    path.write_text(dumps(_spec(unit, channels=[4, 8], input=[3, 9, 9], name="mine")))
    ended = run(words[0], str(path), *words[1:])
    assert ended.code in (0, 1), ended.err
    assert "mine" in ended.out or "4,8" in ended.out


def test_features_and_probabilities() -> None:
    spec = _spec("a = conv(C, 3, 2)", channels=[4, 8])
    features = build(spec.replace(features_only=True))
    assert features.outputs == ("stage1.a", "stage2.a")
    assert build(spec.replace(softmax=True)).nodes[-1].layer.kind == "softmax"


def test_diff_and_formulas_of_files(tmp_path: Path) -> None:
    for name, kernel in (("one", 1), ("three", 3)):
        spec = _spec("a, b = conv(C, size), norm", size=kernel, channels=[4, 8], name=name)
        (tmp_path / f"{name}.toml").write_text(dumps(spec))
    one, three = (str(tmp_path / f"{name}.toml") for name in ("one", "three"))
    assert ha.diff(one, three).to_dict()["totals"]["params"]["difference"] == 8 * (3 * 4 + 4 * 8)
    symbolic = ha.formula(three, "params", symbols=("C", "K"))
    for c1, c2, k in ((4, 8, 10), (7, 5, 2)):
        counted = ha.analyze(load(three).replace(channels=(c1, c2), classes=k))
        assert symbolic.substitute(C1=c1, C2=c2, K=k) == counted.params


def test_weights_remember_their_blocks(tmp_path: Path) -> None:
    model = ha.load(_spec("a, b = conv(C), norm", channels=[4], name="mine"))
    path = tmp_path / "weights.safetensors"
    tensors = {k: v.numpy() for k, v in ha.to_torch(model).state_dict().items()}
    path.write_bytes(weight_bytes(tensors, model, {}))
    again = ha.load(path)
    assert again.origin == model.origin
    assert again.graph == model.graph


def test_parse_takes_lists_of_lines() -> None:
    text = 'channels: [4]\nnetwork: ["stage = unit for channels"]\n'
    text += 'blocks: {unit: {layers: ["a = relu"]}}'
    assert len(build(parse(text, "yaml"))) == 2


def test_a_name_that_no_block_can_have_is_shown_with_its_line(tmp_path: Path) -> None:
    network = 'network = """\nx = conv(8, kernel=3)\n"""\n'
    (tmp_path / "net.toml").write_text(f'{network}[blocks.add]\nlayers = """\na = relu\n"""\n')
    with pytest.raises(SpecError, match="no block can be named 'add'") as error:
        ha.load(tmp_path / "net.toml")
    assert error.value.where.endswith("net.toml, line 6, column 1")


WORDS = ["1e3", "0o7", "12e03", "6e-1", "1.e3", "~", "yes", "0x1f", ".inf", "plain"]


@pytest.mark.parametrize("word", WORDS)
def test_words_that_look_like_numbers_are_words_in_yaml_too(word: str) -> None:
    text = yaml.dump({"key": word, "number": 1e-7}, Dumper=core_yaml.Dumper)
    assert core_yaml.parse(text, 9) == {"key": word, "number": 1e-7}
