"""What a file says beside its graph is read as data, and never run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from importers.onnx_cases import model_of, saved

import henet_arch as ha
from henet_arch.importers._onnx.metadata import class_names
from henet_arch.ir.model import Model

X = "(float[N,3,6,6] x) => (float[N,3,6,6] y) {y = Relu(x)}"


def _loaded(folder: Path, **entries: Any) -> Model:
    model = model_of(X)
    onnx.helper.set_model_props(model, entries)
    return ha.load(saved(model, folder))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{0: 'person', 1: 'traffic light'}", ("person", "traffic light")),
        ("{1: 'b', 0: \"a's\"}", ("a's", "b")),
        (r"{0: 'it\'s', 1: 'a\\b', 2: '\xe9\u2192\n'}", ("it's", "a\\b", "\xe9\u2192\n")),
        ("['cat', 'dog',]", ("cat", "dog")),
        ('["cat", "dog"]', ("cat", "dog")),
        ('{"0": "cat", "1": "dog"}', ("cat", "dog")),
        ("{0: 'a, 1: b', 1: '}'}", ("a, 1: b", "}")),
        ("{}", ()),
        ("[]", ()),
    ],
)
def test_names_of_classes(text: str, names: tuple[str, ...], tmp_path: Path) -> None:
    assert class_names(text) == names
    assert _loaded(tmp_path, names=text).class_names == names


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('false')",
        "{0: 'a', 1: __import__('os')}",
        "[open('x')]",
        "{0: f'a'}",
        "{0: 'a' 'b'}",
        "{0: 'a', 2: 'b'}",
        "{0: 'a', 0: 'b'}",
        "{'a': 0}",
        "{0: 1}",
        "['a', 1]",
        "{0: ['a']}",
        "['a'",
        "{0: 'a\n'}",
        "a, b",
        "3",
        "null",
        '{"0": 1}',
        '["a", 1]',
        "[" * 100_000,
        '["\\ud800"]',
        r"['\ud800']",
        "{0: '" + "\\",
        "['" + "a" * 2**22 + "']",
    ],
)
def test_other_texts_are_left_out(text: str, tmp_path: Path) -> None:
    assert _loaded(tmp_path, names=text).class_names == ()


@given(st.lists(st.text(max_size=9), max_size=9))
def test_any_names_as_python_and_json_write_them(names: list[str]) -> None:
    for text in (json.dumps(names), repr(names), ascii(names), repr(dict(enumerate(names)))):
        assert class_names(text) == tuple(names)


@given(st.text(alphabet="{}[]:,'\"\\01ab x", max_size=30))
def test_any_text_is_names_or_none(text: str) -> None:
    assert all(isinstance(name, str) for name in class_names(text))


PIXELS = {
    "mean": [1.5, 2, 3],
    "std": [4, 5, 6.5],
    "channel_order": "BGR",
    "scale": 0.5,
    "resize": [8, 9],
}


def test_preprocessing(tmp_path: Path) -> None:
    known = _loaded(tmp_path, preprocessing=json.dumps(PIXELS)).preprocessing
    assert known is not None
    assert (known.mean, known.std) == ((1.5, 2.0, 3.0), (4.0, 5.0, 6.5))
    assert (known.channel_order, known.scale, known.resize) == ("BGR", 0.5, (8, 9))


@pytest.mark.parametrize(
    "wrong",
    [
        {"mean": [1, 2]}, {"std": [1, 2, 0]}, {"std": []}, {"mean": "abc"}, {"std": [1, 2, True]},
        {"channel_order": "GRB"}, {"channel_order": 3}, {"channel_order": [1]}, {"more": 1},
        {"mean": [1, 2, 1e99]}, {"mean": None},
    ],
)  # fmt: skip
def test_preprocessing_that_cannot_be_is_left_out(wrong: dict[str, Any], tmp_path: Path) -> None:
    text = json.dumps({**PIXELS, **wrong})
    assert _loaded(tmp_path, preprocessing=text).preprocessing is None


@pytest.mark.parametrize("text", ["", "{", "[1]", "NaN", '{"mean": NaN}', '{"a": 1, "a": 2}'])
def test_texts_of_another_form(text: str, tmp_path: Path) -> None:
    entries = {"preprocessing": text, "trained_on": text, "class_names": text}
    model = _loaded(tmp_path, **entries)
    assert (model.preprocessing, model.trained_on, model.class_names) == (None, "", ())
