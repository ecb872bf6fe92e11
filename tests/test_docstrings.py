"""What is public says what it takes and what it raises."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import henet_arch as ha

NEVER_FAIL = {"presets", "to_json"}
"""Functions that have nothing to raise."""


def _functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function, and every public method of a public class."""
    for name in ha._MODULES:
        value = getattr(ha, name)
        if not inspect.isclass(value):
            yield name, value
            continue
        for key, member in vars(value).items():
            function = getattr(member, "__func__", member)
            if inspect.isfunction(function) and not key.startswith("_"):
                yield f"{name}.{key}", function


FUNCTIONS = [pytest.param(name, function, id=name) for name, function in _functions()]


def _section(text: str, title: str) -> str:
    match = re.search(rf"(?ms)^{title}:\n(.*?)(?=^\S|\Z)", text)
    return match[1] if match else ""


@pytest.mark.parametrize(("name", "function"), FUNCTIONS)
def test_every_argument_is_described(name: str, function: Callable[..., Any]) -> None:
    described = set(
        re.findall(r"(?m)^    (\w+):", _section(inspect.getdoc(function) or "", "Args"))
    )
    parameters = set(inspect.signature(function).parameters) - {"self", "cls"}
    assert described == parameters


@pytest.mark.parametrize("name", sorted(ha._MODULES))
def test_functions_say_what_they_raise(name: str) -> None:
    value = getattr(ha, name)
    assert inspect.getdoc(value)
    if inspect.isfunction(value) and name not in NEVER_FAIL:
        raised = _section(inspect.getdoc(value) or "", "Raises")
        assert re.search(r"(?m)^    (\w+Error)(, \w+Error)*: ", raised)


@pytest.mark.parametrize("name", ["Graph", "Model", "Preprocessing", "Report", "HenetArchError"])
def test_values_describe_their_attributes(name: str) -> None:
    value = getattr(ha, name)
    described = re.findall(r"(?m)^    (\w+):", _section(inspect.getdoc(value) or "", "Attributes"))
    fields = getattr(value, "__dataclass_fields__", ("what", "where", "why", "fix"))
    assert described == list(fields)
