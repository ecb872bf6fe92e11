"""Values, texts and bytes that are nearly right."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

NUMBERS = (
    0, -1, 1, 2, 3, 4, 7, 31, 255, 1000, 65_536, 2**31, 2**53, 2**63, 10**12, 10**13, 10**40,
    0.0, -0.0, 0.5, 1.0, 1e-320, 1e-7, 1e16, 1e308, float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
WORDS = (
    "", " ", "self", "cls", "__class__", "model_config", "family", "henet", "resnet", "0", "010",
    "1:30", "1e3", "yes", "null", "~", "../x", "/dev/null", "a.b", "é", "日本", "\x1b[2J",
    "\u202e", "\n", "\ud800", "x" * 300, "x" * 5000, "9" * 5000, "{}", "[]", "%s", "{0}", "=", ",",
    "conv2d", "input", "class", "int", "nan", "inf", "None", "True", "<script>", '"', "'", "\\",
)  # fmt: skip

numbers = st.sampled_from(NUMBERS) | st.integers(-5, 400) | st.floats(width=32)
words = st.sampled_from(WORDS) | st.text(max_size=12)
plain = st.none() | st.booleans() | numbers | words
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
"""Plain values of any kind."""


def _places(data: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a value lies in nested dicts and lists."""
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in inner:
        yield (*place, key)
        if isinstance(value, (dict, list)):
            yield from _places(value, (*place, key))


@st.composite
def changed(draw: st.DrawFn, data: Any, most: int = 3) -> Any:
    """Nested dicts and lists with a few values replaced, removed, repeated or added."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, most))):
        if not isinstance(data, (dict, list)) or not data:
            break
        *way, last = draw(st.sampled_from(list(_places(data))))
        at = data
        for key in way:
            at = at[key]
        action = draw(st.sampled_from(("replace", "replace", "near", "remove", "repeat", "add")))
        if action == "remove":
            del at[last]
        elif action == "near":
            at[last] = draw(_near(at[last]))
        elif action == "repeat" and isinstance(at, list):
            at.insert(last, copy.deepcopy(at[last]))
        elif action == "add" and isinstance(at, dict):
            at[draw(words)] = draw(values)
        else:
            at[last] = draw(values)
    return data


def _near(value: Any) -> st.SearchStrategy[Any]:
    """Values of the same kind."""
    if isinstance(value, bool):
        return st.just(not value)
    if isinstance(value, int):
        return st.sampled_from((value + 1, value - 1, -value, value * 2, value * 10**6, str(value)))
    if isinstance(value, float):
        return st.sampled_from((-value, value * 2, value * 1e300, int(value) if value < 1e9 else 0))
    if isinstance(value, str):
        return text_near(value)
    if isinstance(value, list):
        return st.sampled_from((value[::-1], value[1:], value + value, value * 40, [value]))
    return values


@st.composite
def text_near(draw: st.DrawFn, text: str) -> str:
    """`text` with a few pieces replaced, removed or repeated."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(
            st.text("0123456789[]{}:=,.\"' \n-_#&*!|>~abcxeE+", max_size=6)
            | st.just(text[start:end] * 2)
            | st.just("")
            | words
        )
        text = text[:start] + piece + text[end:]
    return text


@st.composite
def bytes_near(draw: st.DrawFn, content: bytes) -> bytes:
    """`content` with a few bytes changed, cut off or added."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(found)))
        action = draw(st.sampled_from(("flip", "cut", "insert", "end")))
        if action == "flip" and at < len(found):
            found[at] ^= 1 << draw(st.integers(0, 7))
        elif action == "cut":
            del found[at : at + draw(st.integers(1, 64))]
        elif action == "insert":
            found[at:at] = draw(st.binary(max_size=16))
        else:
            del found[at:]
    return bytes(found)


def json_near(data: Any) -> st.SearchStrategy[str]:
    """JSON of `data` with changed values, and its text changed too."""
    text = changed(data).map(json.dumps)
    return text | text | text | text | text.flatmap(text_near) | text_near(json.dumps(data))
