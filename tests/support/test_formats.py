"""TOML, JSON and YAML: one number is one value in all of them, and hostile text costs nothing."""

from __future__ import annotations

import ast
import json
import math
import subprocess
import sys
import time
import tomllib
from typing import Any

import pytest
import yaml
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st

from henet_arch.spec.files import dumps
from henet_arch.spec.spec import Spec
from henet_arch.support.errors import FileError, HenetArchError
from henet_arch.support.formats import parse, toml_of

FORMS = ("toml", "json", "yaml")


def _value(form: str, scalar: str) -> Any:
    """What `scalar` is in a format; None where it is refused."""
    text = {"toml": "k = {}", "json": '{{"k": {}}}', "yaml": "k: {}"}[form].format(scalar)
    try:
        data = parse(text, form)
    except FileError:
        return None
    return data["k"] if isinstance(data, dict) and set(data) == {"k"} else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_DIGITS = st.text("0123456789", min_size=1, max_size=6)
_NUMBERS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(("", "", "-", "+")),
    st.sampled_from(("", "", "0", "0x", "0o", "0b", "1_", "1:", ".")),
    _DIGITS,
    st.sampled_from(("", "", ".", ".5", "_0", ":30", ":30.5", "a")),
    st.sampled_from(("", "", "e3", "E-2", "e+1")),
)


@given(_NUMBERS | st.integers().map(str) | st.floats(allow_nan=False).map(str))
@examples(400)
@example("0100")
@example("010")
@example("1:30")
@example("1_000")
@example(".5")
@example("1e3")
@example("-0")
@example("08.5")
def test_one_number_is_one_value(scalar: str) -> None:
    """A format may refuse it or, YAML, take it for text; a number is the one that Python reads."""
    for value in (_value(form, scalar) for form in FORMS):
        if _is_number(value) and math.isfinite(value):
            read = ast.literal_eval(scalar)
            assert (type(value), value) == (type(read), read)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans())
def test_what_json_writes_is_read_alike(value: float) -> None:
    read = [_value(form, json.dumps(value)) for form in FORMS]
    assert [(type(v), v) for v in read] == [(type(value), value)] * 3


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)
    | st.sampled_from(("yes", "on", "1:30", "0100", "null", "~", "1e3", ".5", "<<", "2020-01-01"))
)
def test_text_in_quotes_stays_text(text: str) -> None:
    quoted = json.dumps(text, ensure_ascii=False)
    assert [_value(form, quoted) for form in FORMS] == [text] * 3


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2020-01-01", "2020-01-01"),
        ("0b11", "0b11"),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("12", 12),
        ("+12", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.inf", -math.inf),
    ],
)
def test_plain_scalars_of_yaml_are_those_of_version_1_2(scalar: str, value: object) -> None:
    read = parse(f"k: {scalar}", "yaml")["k"]
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize("scalar", ["0100", "010", "-007", "00.5", "08"])
@pytest.mark.parametrize("form", FORMS)
def test_leading_zeros_are_refused_everywhere(form: str, scalar: str) -> None:
    assert _value(form, scalar) is None


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_json_has_no_such_constants(constant: str) -> None:
    with pytest.raises(FileError, match=f"not valid JSON: {constant} is no JSON"):
        parse(f'{{"k": [{constant}]}}', "json")


@given(
    st.dictionaries(
        st.text("ab.'\"# \\\n", max_size=6),
        st.text("ab.'\"#=\\\n ", max_size=40) | st.floats(allow_nan=False, allow_infinity=False),
        max_size=4,
    ),
    st.text("#'\"., ab", max_size=60),
)
def test_dots_in_strings_and_comments_are_no_parts_of_keys(
    data: dict[str, Any], comment: str
) -> None:
    lines = [f"{json.dumps(k)} = {json.dumps(v)} # {comment}" for k, v in data.items()]
    text = "\n".join([*lines, "z = 'a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a' # b" + ".b" * 20])
    assert parse(text, "toml") == tomllib.loads(text)


HOSTILE = {
    "a key of many parts": ("toml", ".".join("a" * 32_000) + " = 1"),
    "a key of many quoted parts": ("toml", ".".join(['"a"'] * 16_000) + " = 1"),
    "a key with spaces": ("toml", " . ".join("a" * 16_000) + " = 1"),
    "a table of many parts": ("toml", f"[{'.'.join('a' * 32_000)}]"),
    "the same behind a quote that is open": ("toml", 'x = "\n' + ".".join("a" * 32_000) + " = 1"),
    "the same in an inline table": ("toml", "x = {" + ".".join("a" * 32_000) + " = 1}"),
    "triple quotes": ("toml", 'x = """' + '\\"""' * 13_000),
    "deep lists": ("toml", "x = " + "[" * 64_000),
    "deep tables": ("toml", "x = " + "{a = " * 12_000),
    "deep json": ("json", '{"a":' * 12_000),
    "deep yaml": ("yaml", "- " * 32_000),
    "a sexagesimal number": ("yaml", "x: 1" + ":1" * 300 + ".5"),
    "a long number": ("yaml", "x: " + "9" * 60_000),
    "a long negative number": ("json", '{"x": -' + "9" * 60_000 + "}"),
    "a long fraction": ("yaml", "x: 0." + "9" * 60_000),
    "a large exponent": ("yaml", "x: 1e" + "9" * 60_000),
    "a bomb of aliases": ("yaml", "a: &a [x]\n" + "b: [" + "*a," * 15_000 + "]"),
    "a bomb of merges": ("yaml", "a: &a {b: c}\nd:\n  <<: [" + "*a," * 15_000 + "]"),
    "complex keys": ("yaml", "? " * 32_000),
    "an open flow": ("yaml", "[{" * 8_000),
    "many quotes": ("yaml", "x: " + "'" * 60_000),
    "many keys": ("yaml", "\n".join(f"k{i}: 1" for i in range(7_000))),
    "a tag": ("yaml", "x: !!python/object/new:os.system [a]"),
    "many documents": ("yaml", "---\n" * 16_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_time(name: str) -> None:
    form, text = HOSTILE[name]
    assert len(text) < 2**16
    start = time.process_time()
    try:
        parse(text, form, "file")
    except HenetArchError as error:
        assert len(str(error)) < 2000
    assert time.process_time() - start < 10


def test_hostile_text_costs_no_memory() -> None:
    """Within 300 MB of address space beyond what the interpreter has."""
    code = (
        "import resource, sys, json, yaml\n"
        "from henet_arch.support.formats import parse\n"
        "from henet_arch.support.errors import HenetArchError\n"
        "texts = json.load(sys.stdin)\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 300 * 2**20,) * 2)\n"
        "for name, (form, text) in texts.items():\n"
        "    try: parse(text, form)\n"
        "    except HenetArchError: pass\n"
        "    except MemoryError: sys.exit(name)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(HOSTILE),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_yaml_that_we_write_is_the_same_in_both_versions() -> None:
    for name in ("yes", "on", "null", "e5", "n"):
        text = dumps(Spec(family="mobilenet", name=name, width=1e-7), "yaml")
        assert yaml.safe_load(text) == parse(text, "yaml")


_SCALARS = (
    st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
)


@examples(50)
@given(st.dictionaries(st.sampled_from("abcd"), _SCALARS | st.lists(_SCALARS, max_size=3)))
@example({"a": "\x7f\x00\u2028 \N{GRINNING FACE}", "b": [1, 2]})
def test_what_is_written_as_toml_reads_the_same(values: dict[str, Any]) -> None:
    text = toml_of(values)
    assert tomllib.loads(text) == values
    assert text.count("\n") == len(values)
