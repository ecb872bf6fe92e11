"""Specs: what is refused and in which words, and what comes back from files."""

from __future__ import annotations

import json
import os
import re
import string
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.spec.families import families
from henet_arch.spec.files import DUMPS, dumps, parse
from henet_arch.spec.schema import json_schema
from henet_arch.support.errors import (
    FileError,
    HenetArchError,
    LimitError,
    SpecError,
    UnknownNameError,
)

KNOWN = "known names: " + ", ".join(sorted(families()))
MESSAGES: list[tuple[dict[str, Any], str]] = [
    ({"channels": (24, 0)}, "channels[1] = 0 is below 1"),
    ({"channels": (24, -8)}, "channels[1] = -8 is below 1"),
    ({"channels": (24.5, 48)}, "channels[0] = 24.5 is not a whole number"),
    ({"channels": (24.0, 48)}, "channels[0] = 24.0 is not a whole number"),
    ({"channels": ("24", 48)}, "channels[0] = '24' is not a whole number"),
    ({"channels": (None, 48)}, "channels[0] = None is not a whole number"),
    ({"channels": (True, 48)}, "channels[0] = True is not a whole number"),
    (
        {"channels": (10**13, 48)},
        "channels[0] = 10000000000000 is above the limit of 1,000,000,000,000",
    ),
    ({"channels": {24, 48}}, "channels = {24, 48} is not a list of whole numbers"),
    (
        {"classes": 16**5000},
        "classes = a number of thousands of digits is above the limit of 1,000,000,000,000",
    ),
    ({"channels": ()}, "channels = () is shorter than the 2 values it needs"),
    ({"channels": (24,)}, "channels = (24,) is shorter than the 2 values it needs"),
    ({"channels": 24}, "channels = 24 is not a list of whole numbers"),
    ({"channels": None}, "channels = None is not a list of whole numbers"),
    ({"channels": (8,) * 1001}, "channels is longer than the limit of 1,000 values"),
    ({"repeats": -1}, "repeats = -1 is below 0"),
    ({"repeats": 2.5}, "repeats = 2.5 is not a whole number"),
    ({"repeats": (1, 2, -3)}, "repeats[2] = -3 is below 0"),
    ({"classes": 0}, "classes = 0 is below 1"),
    ({"input": (3, 31)}, "input[2] is missing"),
    ({"input": (3, 0, 31)}, "input[1] = 0 is below 1"),
    ({"input": "31"}, "input = '31' is not a list of whole numbers"),
    ({"kernels": 4}, "kernels: 4 is even, but only an odd kernel can keep a map's size"),
    ({"strides": 0}, "strides = 0 is below 1"),
    ({"groups": 0}, "groups = 0 is below 1"),
    ({"groups": 1.5}, "groups = 1.5 is not a whole number"),
    ({"groups": "densest"}, "groups: unknown grouping rule 'densest'; did you mean dense?"),
    ({"padding": "sane"}, "padding: unknown padding rule 'sane'; did you mean same?"),
    ({"padding": 1}, "padding = 1 is not a string"),
    ({"family": "henit"}, "family: unknown family 'henit'; did you mean henet or lenet?"),
    ({"family": "grouping"}, f"family: unknown family 'grouping'; {KNOWN}"),
    ({"family": "../x"}, f"family: unknown family '../x'; {KNOWN}"),
    ({"family": 5}, "family = 5 is not a string"),
    ({"softmax": 1}, "softmax = 1 is neither true nor false"),
    (
        {"softmax": True, "features_only": True},
        "softmax means nothing to the maps of features_only",
    ),
    ({"last_width": "double"}, "last_width = 'double' is not one of 'keep' or 'next'"),
    ({"name": "a b"}, "name = 'a b' is not a name: letters, digits, - and _, a letter first"),
    ({"name": "x" * 65}, "name is longer than the limit of 64 characters"),
    ({"chanels": (24, 48)}, "unknown key 'chanels'; did you mean channels?"),
]


@pytest.mark.parametrize(("values", "message"), MESSAGES, ids=[m for _, m in MESSAGES])
def test_messages(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        ha.Spec(**values)
    assert caught.value.what == message
    assert caught.value.key == next(iter(values))


@pytest.mark.parametrize("source", [None, 3, ["henet-r3"], object()])
def test_things_that_name_no_network(source: Any) -> None:
    with pytest.raises(UnknownNameError, match="names no network"):
        ha.build(source)


def test_what_holds_instead() -> None:
    for values, fix in (
        ({"padding": 1}, "known names: odd-resolution, same, valid"),
        ({"softmax": True, "features_only": True}, "one of the two"),
        ({"softmax": 1}, "true or false"),
        ({"strides": 0}, "1 or more"),
    ):
        with pytest.raises(SpecError) as caught:
            ha.Spec(**values)
        assert caught.value.fix == fix


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        ha.Spec(channels=(24, "x", 0), repeets=3, classes=-1)
    assert str(caught.value).splitlines() == [
        "classes = -1 is below 1",
        "channels[1] = 'x' is not a whole number",
        "channels[2] = 0 is below 1",
        "unknown key 'repeets'; did you mean repeats?",
    ]


def test_lists_of_the_wrong_length() -> None:
    with pytest.raises(SpecError) as caught:
        ha.Spec(repeats=(3, 3))
    assert str(caught.value) == (
        "repeats has 2 values, but there are 3 places for them\n"
        "  why:   henet with these widths has them at stage1, stage2, stage3\n"
        "  fix:   one number for all, or a list of 3"
    )


def test_keys_that_mean_nothing_to_a_family() -> None:
    with pytest.raises(SpecError, match="unknown key 'last_width'; known names: channels, "):
        ha.Spec(family="shufflenet", last_width="next")


def test_another_family_takes_what_was_said() -> None:
    moved = ha.Spec(repeats=2, classes=7).replace(family="shufflenet")
    assert moved == ha.Spec(family="shufflenet", repeats=2, classes=7)
    twice = ha.Spec(classes=7).replace(softmax=True).replace(family="resnet")
    assert twice == ha.Spec(family="resnet", classes=7, softmax=True)
    with pytest.raises(SpecError, match="ResNet is not the class of family henet"):
        type(twice)()
    with pytest.raises(SpecError, match="says channels, which family googlenet has not"):
        ha.Spec(channels=(8, 16)).replace(family="googlenet")


def test_specs_cannot_be_changed() -> None:
    with pytest.raises(Exception, match="frozen"):
        ha.Spec().classes = 3  # type: ignore[misc]
    assert ha.Spec().replace(classes=3).classes == 3
    assert ha.Spec().classes == 10


def test_names_are_made_of_what_differs() -> None:
    assert ha.Spec().title == "henet-r3"
    assert ha.Spec(repeats=(1, 2, 3), classes=100).title == "henet-r1-2-3-c100"
    assert ha.Spec(channels=(16, 32), input=(1, 28, 28)).title == "henet-16-32-i1-28-28"
    assert ha.Spec(repeats=5, groups="dense").title == "henet-r5-dense"
    assert ha.Spec(family="resnet", padding="valid").title == "resnet50-valid"
    assert (
        ha.Spec(family="mobilenet", width=0.3, softmax=True).title == "mobilenet-width-0_3-softmax"
    )
    assert ha.preset("vgg16-bn").replace(norm=False, classes=10).title == "vgg16-c10"
    assert ha.Spec(groups="dense", name="mine").title == "mine"
    assert ha.Spec(channels=tuple(range(2, 200, 2))).title == "henet-custom"
    assert ha.Spec(input=31) == ha.Spec()


def test_presets() -> None:
    for name, spec in ha.presets().items():
        assert spec.title == name
        assert name.startswith(spec.family)
    assert {
        *(f"henet-r{r}{c}" for c in ("", "-c100") for r in (2, 3, 4)),
        *(f"shufflenet-r{r}{c}" for c in ("", "-c100") for r in (2, 3, 4, 5)),
    } <= set(ha.presets())
    assert ha.preset("henet-r3") == ha.Spec()
    with pytest.raises(UnknownNameError, match=r"no preset is named 'henet-r33'\n.*henet-r3"):
        ha.preset("henet-r33")
    with pytest.raises(UnknownNameError, match="'henet-r33' is neither a preset nor a file"):
        ha.build("henet-r33")


WRONG_NUMBERS: list[tuple[dict[str, Any], str]] = [
    (
        {"channels": (24, 50, 96)},
        "25 groups do not divide 48 input channels\n"
        "  where: stage1.down.conv1, input 48x31x31\n"
        "  why:   nearest-divisors: 25 = 25 x 1 are its nearest divisors with m > n: m = 25 "
        "groups, then n = 1 (HENet section 3.1, eq. 1)\n"
        "  fix:   channels[1] = 48 or 64 works",
    ),
    (
        {"groups": 5},
        "5 groups do not divide 24 input channels\n"
        "  where: stage1.block1.conv1, input 24x31x31\n"
        "  why:   fixed: 5 groups at every width (spec: groups)\n"
        "  fix:   channels = 20,50,100,190 work",
    ),
    (
        {"channels": (1, 2)},
        "width 1 has no divisors m > n with m * n = 1\n"
        "  where: stage1.block1\n"
        "  why:   nearest-divisors needs a width of 2 or more (HENet section 3.1, eq. 1)\n"
        "  fix:   channels = 4,4 work",
    ),
    (
        {"channels": (24, 48, 97)},
        "a stride-2 block cannot halve its output width 97\n"
        "  where: stage3.down\n"
        "  why:   its middle is half as wide as its output (HENet Table 1)\n"
        "  fix:   channels[2] = 96 or 112 works",
    ),
    (
        {"input": (3, 7, 7)},
        "a 3x3 window with padding 0x0 does not fit a map of 1x1\n"
        "  where: stage3.down.conv1, input 192x1x1\n"
        "  why:   odd-resolution: 1 is odd: padding 0 is the least that drops no pixel "
        "(HENet section 3.3)\n"
        "  fix:   a larger input: 31x31 works (henet-arch plan shows more)",
    ),
    (
        {"repeats": 10**4},
        "repeats add up to 30,000 blocks\n"
        "  where: network 'henet-r10000'\n"
        "  why:   the limit is 20,000 (max_blocks)\n"
        "  fix:   fewer repeats, or --max-blocks 30000 (max_blocks=30000 in Python)",
    ),
    (
        {"repeats": 10**9},
        "repeats add up to 3,000,000,000 blocks\n"
        "  where: network 'henet-r1000000000'\n"
        "  why:   the limit is 20,000 (max_blocks)\n"
        "  fix:   fewer repeats",
    ),
    (
        {"repeats": 10**4},
        "repeats add up to 30,000 blocks\n"
        "  where: network 'henet-r10000'\n"
        "  why:   the limit is 20,000 (max_blocks)\n"
        "  fix:   fewer repeats, or --max-blocks 30000 (max_blocks=30000 in Python)",
    ),
    (
        {"family": "shufflenet", "repeats": 0},
        "stage1 repeats 0 units, so nothing widens the stem's 24 channels to 48\n"
        "  where: network 'shufflenet-r0'\n"
        "  why:   the first unit of stage1 does that (counted from HENet Table 3)\n"
        "  fix:   1 or more repeats in stage1",
    ),
    (
        {"family": "shufflenet", "channels": (24, 48, 40)},
        "a stride-2 unit cannot make 40 channels: it keeps the 48 of its input\n"
        "  where: stage2.down\n"
        "  why:   pooled input joined, so the branch makes the rest (ShuffleNet Fig. 2(c))\n"
        "  fix:   widths that grow from stage to stage",
    ),
    (
        {"strides": 3},
        "odd-resolution has no padding for a 3x3 kernel with stride 3\n"
        "  where: stage1.down\n"
        "  why:   it is defined for odd kernels of 3 or more with stride 1 or 2 "
        "(HENet section 3.3)\n"
        "  fix:   padding = 'same', or stride 2 with an odd kernel of 3 or more",
    ),
]


@pytest.mark.parametrize(
    ("values", "message"), WRONG_NUMBERS, ids=[m[:40] for _, m in WRONG_NUMBERS]
)
def test_numbers_that_do_not_go_together(values: dict[str, Any], message: str) -> None:
    with pytest.raises(HenetArchError) as caught:
        ha.build(ha.Spec(**values))
    assert str(caught.value) == message


@given(specs(), st.data())
@examples(40)
def test_the_advice_is_true(spec: ha.Spec, data: st.DataObject) -> None:
    """Whatever is said to work can be built."""
    channels: tuple[int, ...] = spec.model_dump()["channels"]
    place = data.draw(st.integers(0, len(channels) - 1))
    width = data.draw(st.integers(1, 200))
    widths = (*channels[:place], width, *channels[place + 1 :])
    try:
        ha.build(spec.replace(channels=widths))
    except HenetArchError as error:
        one = re.fullmatch(r"channels\[(\d+)\] = (\d+)(?: or (\d+))? works", error.fix)
        for number in one.groups()[1:] if one else ():
            if one and number:
                at = int(one[1])
                ha.build(spec.replace(channels=(*widths[:at], int(number), *widths[at + 1 :])))
        if all_widths := re.fullmatch(r"channels = ([\d,]+) work", error.fix):
            ha.build(spec.replace(channels=tuple(map(int, all_widths[1].split(",")))))


def test_the_limit_can_be_raised() -> None:
    with pytest.raises(LimitError, match=r"60,000 blocks\n.*\n  why:   the limit is 59,999"):
        ha.build(ha.Spec(repeats=20_000), max_blocks=59_999)
    with pytest.raises(LimitError, match=r"300,000 blocks\n.*\n  why:   the limit is 100,000\n"):
        ha.build(ha.Spec(repeats=100_000), max_blocks=10**9)
    spec = ha.Spec(repeats=5)
    with pytest.raises(LimitError):
        ha.build(spec, max_blocks=14)
    assert ha.build(spec, max_blocks=15) == ha.build(spec)


@pytest.mark.parametrize("ending", ["toml", "json", "yaml", "yml"])
def test_files_come_back(ending: str, tmp_path: Path) -> None:
    spec = ha.Spec(name="mine", channels=(16, 32, 64), repeats=(1, 2), groups=2)
    path = tmp_path / f"net.{ending}"
    ha.save(spec, path)
    assert ha.load(path).origin == spec
    assert ha.build(path).name == "mine"
    assert ha.build(str(path)) == ha.build(spec)


def test_a_file_without_a_name_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has no ending of a spec file"):
        ha.save(ha.Spec(), tmp_path / "net.txt")


BAD_TEXT = [
    ("toml", "channels = [24,", "not valid TOML"),
    ("toml", "a = 1\na = 2", "Cannot overwrite a value"),
    ("toml", "x = " + "[" * 5000, "nested too deeply"),
    ("toml", "x = " + "9" * 5000, "a number of thousands of digits"),
    ("toml", "classes = 0x" + "f" * 9000, "a number of thousands of digits is above the limit"),
    ("yaml", "classes: 1" + ":1" * 5000, "is not a whole number"),
    ("json", '{"channels": [24,', "not valid JSON"),
    ("json", '{"classes": 1, "classes": 2}', "key 'classes' stands there twice"),
    ("json", "[" * 50_000, "nested too deeply"),
    ("json", '{"classes": NaN}', "NaN is no JSON"),
    ("json", "[24, 48]", "a table of keys and values, not a list"),
    ("yaml", "classes: 1\nclasses: 2", "key 'classes' stands there twice"),
    ("yaml", "a: &x [1, 2]\nb: [*x, *x]", "anchors and aliases"),
    ("yaml", "a: !!python/object/apply:os.system [echo]", "is not read"),
    ("yaml", "a: !!int 3", "is not read"),
    ("yaml", "x: " + "[" * 5000, "nested too deeply"),
    ("yaml", "? [1, 2]\n: 3", "a key is not a plain string"),
    ("yaml", "1: 2", "a key is not a plain string"),
    ("yaml", "classes: 2020-13-45", "classes = '2020-13-45' is not a whole number"),
    ("yaml", "a: [1", "not valid YAML"),
    ("yaml", "a: 1\n---\nb: 2", "expected a single document in the stream but found another"),
    ("yaml", "\x00", "not valid YAML"),
    ("yaml", "", "is empty"),
    ("toml", " \n", "the spec file is empty"),
    ("yaml", "# nothing", "a table of keys and values, not nothing"),
    ("json", "3", "a table of keys and values, not one value"),
    ("yaml", "classes: yes", "classes = 'yes' is not a whole number"),
]


@pytest.mark.parametrize(("form", "text", "message"), BAD_TEXT)
def test_text_that_is_refused(form: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / f"net.{form}"
    path.write_text(text)
    with pytest.raises(HenetArchError, match=message) as caught:
        ha.load(path)
    assert str(path) in caught.value.where


def test_a_yaml_bomb_is_not_unfolded(tmp_path: Path) -> None:
    layers = ["a: &a [1,1,1,1,1,1,1,1]"]
    layers += [
        f"{b}: &{b} [{','.join(['*' + a] * 8)}]"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(layers))
    with pytest.raises(FileError, match="anchors and aliases"):
        ha.load(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    def refused(name: str, content: bytes | None = None) -> str:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(FileError) as caught:
            ha.load(path)
        return str(caught.value).replace(str(path), name)

    assert refused("none.toml").startswith("cannot read 'none.toml': No such file or directory")
    (tmp_path / "folder.toml").mkdir()
    assert refused("folder.toml").startswith("folder.toml is a directory")
    os.mkfifo(tmp_path / "pipe.toml")
    assert refused("pipe.toml").startswith("pipe.toml is no regular file")
    assert refused("a\0b.toml", None).startswith("cannot read")
    assert refused("big.toml", b" " * 70_000).startswith(
        "big.toml is larger than the limit of 65,536"
    )
    assert refused("latin.toml", b'# ok\nname = "\xe4"') == (
        "latin.toml is not UTF-8 text: byte 0xe4\n"
        "  where: latin.toml, line 2\n"
        "  fix:   save it as UTF-8"
    )
    assert refused("net.cfg", b"x").startswith("'net.cfg' is of no known format")
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(2**30)
    assert refused("huge.json").startswith("huge.json is larger than the limit")


@pytest.mark.parametrize(
    ("form", "text", "line"),
    [
        ("toml", 'family = "henet"\n# channels = 3\nchannels = [\n  24, 0]', 3),
        ("json", '{\n "family": "henet",\n "channels": [24, 0]}', 3),
        ("yaml", "family: henet\nrepeats: 2\nchannels: [24, 0]", 3),
        ("toml", "classes = 3\nchanels = [24, 48]", 2),
        ("json", '{"a-family": 1,\n "family": "x"}', 2),
    ],
)
def test_the_line_of_a_mistake_is_named(form: str, text: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / f"net.{form}"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        ha.load(path)
    assert caught.value.where == f"{path}, line {line}"


def test_marks_of_editors_are_read_over(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text('\ufeff{"$schema": "spec.schema.json", "classes": 7}', encoding="utf-8")
    assert ha.load(path).graph.output_shape == (7,)


def test_json_schema_agrees_with_the_reader() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    named = [family["properties"]["family"]["const"] for family in schema["anyOf"]]
    assert named == [*sorted(families()), "blocks"]
    assert validator.is_valid({"family": "resnet", "block": "basic", "repeats": [2, 2, 2, 2]})
    assert validator.is_valid(
        {"input": 31, "channels": [24, 48], "repeats": [3], "groups": "dense"}
    )
    for wrong in (
        {"input": "x"},
        {"channels": [1]},
        {"repeats": -1},
        {"groups": "x"},
        {"kernels": 4},
        {"kernels": [3, 2]},
        {"chanels": 1},
        {"block": "basic"},
        {"family": "resnet", "block": "wide"},
        {"family": "mobilenet", "width": 0},
    ):
        assert not validator.is_valid(wrong)


SCHEMA = jsonschema.Draft202012Validator(json_schema())


@given(specs() | networks())
def test_json_schema_takes_every_valid_spec(spec: ha.Spec) -> None:
    SCHEMA.validate({"$schema": "x", **json.loads(dumps(spec, "json"))})


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**14)
    | st.integers(0, 9000).map(lambda digits: 16**digits)
    | st.floats()
    | st.text(string.printable, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from([*type(ha.Spec()).model_fields, "chanels", ""]), _VALUES, max_size=5
    )
)
@examples(400)
def test_broken_specs_are_refused_in_words(data: dict[str, Any]) -> None:
    """Thousands of broken values: a Spec, or one error of ours, and nothing else."""
    try:
        spec = ha.Spec(**data)
    except SpecError as error:
        assert error.what
    else:
        assert parse(dumps(spec), "toml") == spec


@given(st.sampled_from(sorted(DUMPS)), st.text(max_size=200) | st.binary(max_size=200))
@examples(250)
@example("yaml", "\ud800")
@example("json", '"\\ud800"')
def test_broken_text_is_refused_in_words(form: str, text: str | bytes) -> None:
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    try:
        parse(text, form)
    except HenetArchError as error:
        assert error.what


@given(specs(), st.sampled_from(sorted(DUMPS)), st.data())
@examples(120)
def test_damaged_files_are_refused_in_words(spec: ha.Spec, form: str, data: st.DataObject) -> None:
    text = dumps(spec, form)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    try:
        parse(
            text[:start]
            + data.draw(st.text("0123456789[]{}:=,\"' \nabc-.", max_size=5))
            + text[end:],
            form,
        )
    except HenetArchError as error:
        assert error.what
