"""Which numbers of a network can be symbols, and what they are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from operator import index
from typing import Any

from sympy import Expr, Symbol

from ..spec.spec import Spec
from ..support.errors import SpecError, nearest

GROUPS = {"C": "channels", "r": "repeats", "H": "input", "W": "input", "K": "classes"}
"""What the numbers of networks are, by the letter that their symbols start with."""


def numbers(spec: Spec) -> dict[str, int]:
    """All numbers of `spec` that can be symbols, by name: C1, C2, ..., r1, ..., H, W, K."""
    widths = enumerate(getattr(spec, "channels", ()), 1)
    repeats = enumerate(spec.broadcast("repeats"), 1)
    _, height, width = spec.input
    result = {f"C{index}": width for index, width in widths}
    result |= {f"r{index}": count for index, count in repeats}
    return {**result, "H": height, "W": width, "K": spec.classes}


def symbol(name: str) -> Expr:
    """A size or a count, which is 1 or more."""
    return Symbol(name, integer=True, positive=True)


def need_all(names: Collection[str], values: Mapping[str, object]) -> None:
    """Refuse values that are not one for each of `names`.

    Raises:
        SpecError: one is missing or unknown.
    """
    for name in values:
        if name not in names:
            raise SpecError(
                f"{name!r} is no symbol of this formula", key=name, fix=nearest(name, names)
            )
    if missing := [name for name in names if name not in values]:
        raise SpecError(f"no number for {', '.join(missing)}", key=missing[0])


def whole_number(name: str, value: object) -> int:
    """A whole number of any type, numpy's and sympy's among them, as Python's.

    Raises:
        SpecError: it is none.
    """
    with suppress(TypeError):
        if not isinstance(value, bool):
            return index(value)  # type: ignore[arg-type]
    raise SpecError(
        f"{name} = {repr(value)[:99]} is not a whole number",
        key=name,
        fix="a value of an integer type, rounded as you mean it",
    )


def changes(spec: Spec, values: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of `spec` with the numbers or symbols `values` in their places."""
    options = {**numbers(spec), **values}
    result: dict[str, Any] = {"input": (spec.input[0], options["H"], options["W"])}
    result["classes"] = options["K"]
    for letter, key in (("C", "channels"), ("r", "repeats")):
        listed = tuple(value for name, value in options.items() if name[0] == letter)
        if listed:
            result[key] = listed
    return result


def place(spec: Spec, name: str) -> str:
    """The stage whose blocks the repeats `name` count."""
    return spec.stage_keys()["repeats"][int(name[1:]) - 1]
