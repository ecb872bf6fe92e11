"""Protobuf's text format, whatever stands in it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from henet_arch.importers._caffe.message import Field, Message, Word
from henet_arch.importers._caffe.text import parse, written
from henet_arch.support.errors import FileError


def _plain(message: Message) -> list[tuple[str, object]]:
    """Names and values, without lines."""
    return [
        (f.name, _plain(f.value) if isinstance(f.value, Message) else f.value)
        for f in message.fields
    ]


def _word(text: str) -> Word:
    return Word(text)


def _text(text: str) -> Word:
    return Word(text, quoted=True)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", []),
        ("a: 1", [("a", _word("1"))]),
        ("a: - 1.5e-3f # b: 2\n", [("a", _word("-1.5e-3f"))]),
        ("a:1,b:2;c:3", [("a", _word("1")), ("b", _word("2")), ("c", _word("3"))]),
        ("a: CONVOLUTION", [("a", _word("CONVOLUTION"))]),
        ("a: 0x1F b: 017", [("a", _word("0x1F")), ("b", _word("017"))]),
        ("a: .5 b: 5. c: 1e5", [("a", _word(".5")), ("b", _word("5.")), ("c", _word("1e5"))]),
        ("a: -inf", [("a", _word("-inf"))]),
        ("a: 'x' \"y\"\n'z'", [("a", _text("xyz"))]),
        (r'a: "q\"\\\n\t\x41\101\'"', [("a", _text("q\"\\\n\tAA'"))]),
        (r'a: "\345\215\267"', [("a", _text("卷"))]),
        ("a: '# {'", [("a", _text("# {"))]),
        ("a {}", [("a", [])]),
        ("a: { b: 1 }", [("a", [("b", _word("1"))])]),
        ("a < b: 1 >", [("a", [("b", _word("1"))])]),
        ("a: [1, 2]", [("a", _word("1")), ("a", _word("2"))]),
        ("a: [] b: 1", [("b", _word("1"))]),
        ("a: [{b: 1}, <c: 2>] d: 3", [
            ("a", [("b", _word("1"))]), ("a", [("c", _word("2"))]), ("d", _word("3")),
        ]),
        ("layer {} layers {} layer {}", [("layer", []), ("layers", []), ("layer", [])]),
    ],
)  # fmt: skip
def test_what_a_text_says(text: str, fields: list[tuple[str, object]]) -> None:
    assert _plain(parse(text)) == fields


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a", 1, "the end of the file stands where : or { after a is expected"),
        ("a:", 1, "the end of the file stands where a value"),
        ("\na: 1\n}", 3, "'}' stands where a field's name"),
        ("a {\n b: 1\n", 3, "the end of the file stands where a field's name or } is expected"),
        ("a {\n b: 1\n>", 3, "'>' stands where"),
        ("a: [1\n2]", 2, "'2' stands where , or ]"),
        ("a: [1,]", 1, "']' stands where a value"),
        ("a: [[1]]", 1, "'[' stands where a value"),
        ('a: "x\n"', 1, "no text of protobuf"),
        ("\n\na: 1x", 3, "'1x' is no text of protobuf"),
        ("a: 1 2", 1, "'2' stands where a field's name"),
        ("a: \x1b[2J", 1, "no text of protobuf"),
        ("-a: 1", 1, "'-a' stands where a field's name"),
        ("[ext.name] { }", 1, "'[' stands where a field's name"),
        ("a{" * 100_000, 1, "more than 32 messages nest"),
        ("a: [{" * 100_000, 1, "more than 32 messages nest"),
    ],
)
def test_what_is_no_text(text: str, line: int, says: str) -> None:
    with pytest.raises(FileError) as caught:
        parse(text)
    assert says in caught.value.what
    assert caught.value.where == f"line {line}"
    assert len(str(caught.value)) < 2000


def test_the_lines_of_fields() -> None:
    layer = parse("# one\nname: 'x'\nlayer {\n  name: 'a\\n'\n\n  top: 'b'\n}\n").fields[1]
    assert layer.line == 3
    assert isinstance(layer.value, Message)
    assert [f.line for f in layer.value.fields] == [4, 6]


def test_fields_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("henet_arch.importers._caffe.text._MOST_FIELDS", 1000)
    assert len(parse("a:1 " * 1000).fields) == 1000
    with pytest.raises(FileError, match="more than 1,000 fields"):
        parse("a {" * 9 + "b:1 " * 992)


@pytest.mark.parametrize(
    "text",
    ['a: "' + "\\\\" * 50_000, "#" * 50_000, "-" * 50_000, "\n" * 50_000, "a: '" * 10_000],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    try:
        parse(text)
    except FileError as error:
        assert len(str(error)) < 1000
    assert time.process_time() - start < 2


_NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
_WORDS = st.builds(Word, st.text(max_size=8), st.just(True)) | st.builds(
    Word, st.integers().map(str) | st.sampled_from(("MAX", "true", "1e-05")), st.just(False)
)


def _message(fields: list[tuple[str, Word | Message]]) -> Message:
    return Message(0, [Field(name, value, 0) for name, value in fields])


_MESSAGES = st.recursive(
    st.builds(_message, st.lists(st.tuples(_NAMES, _WORDS), max_size=4)),
    lambda inner: st.builds(_message, st.lists(st.tuples(_NAMES, _WORDS | inner), max_size=4)),
    max_leaves=8,
)


@given(_MESSAGES)
def test_what_is_written_is_read(message: Message) -> None:
    """Surrogates are no text of UTF-8; they come back as question marks."""
    once = parse(written(message))
    assert _plain(parse(written(once))) == _plain(once)
    if "\\ud" not in repr(_plain(message)):
        assert _plain(once) == _plain(message)


_ALPHABET = st.text("abc{}<>[]:;,'\"\\#\n -.019eExX", max_size=40)


@given(_ALPHABET)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        message = parse(text)
    except FileError as error:
        assert error.where.startswith("line ")
    else:
        assert _plain(parse(written(message))) == _plain(message)
