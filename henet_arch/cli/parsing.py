"""Words of the command line as values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from ..support.errors import UnknownNameError, look_up
from ..support.limits import LARGEST_AMOUNT, MOST_VALUES

if TYPE_CHECKING:
    from ..results.columns import Field
    from ..support.plugins import Parts


def number(text: str | int) -> int:
    """`10` as 10; typer sends defaults through it too."""
    return text if isinstance(text, int) else _number(text, text)


def below(most: int, example: str, zero: bool = False) -> Callable[[str | float], float]:
    """A parser of numbers above 0, or from 0 where `zero` says so, and below `most`."""

    def bounded(text: str | float) -> float:
        try:
            value = float(text)
        except ValueError:
            said = f"{str(text)[:40]!r} is not a number, such as {example}"
            raise typer.BadParameter(said) from None
        if not 0 < value < most and not (zero and value == 0):
            raise typer.BadParameter(f"{value:g} is not between 0 and {most:,}, such as {example}")
        return value

    return bounded


def between(least: int, most: int) -> Callable[[str | int], int]:
    """A parser of whole numbers within bounds."""

    def bounded(text: str | int) -> int:
        value = number(text)
        if not least <= value <= most:
            raise typer.BadParameter(f"{value} is not between {least:,} and {most:,}")
        return value

    return bounded


def numbers(text: str) -> tuple[int, ...]:
    """`24,48,96` as (24, 48, 96); a list of one ends in a comma."""
    return tuple(_number(part, text) for part in text.removesuffix(",").split(","))


def words(text: str) -> tuple[str, ...]:
    """`C1,r,H` as ("C1", "r", "H")."""
    return tuple(part.strip() for part in text.split(","))


def words_or_none(text: str) -> tuple[str, ...]:
    """`macs,depth` as ("macs", "depth"); `none` as none."""
    return () if text == "none" else words(text)


def one_or_more(text: str) -> int | tuple[int, ...]:
    """`3` as 3, and `3,3,2` as (3, 3, 2)."""
    return numbers(text) if "," in text else _number(text, text)


def image(text: str) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
    """`31` as (31, 31), `30x31` as (30, 31), `3x30x31` as (3, 30, 31).

    Several inputs by name: `left=3x30x31,right=1x30x31`.
    """
    if "=" not in text:
        return _image(text)
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): _shape(sizes) for name, _, sizes in pairs}


def _shape(text: str) -> tuple[int, ...]:
    """The whole shape of one input of several: `10` as (10,), `3x30x31` as (3, 30, 31)."""
    sizes = tuple(_number(part, text) for part in text.lower().split("x"))
    for size in sizes:
        if size < 1:
            raise typer.BadParameter(f"{text[:40]!r} has the size {size}, which must be 1 or more")
    return sizes


def _image(text: str) -> tuple[int, ...]:
    sizes = _shape(text)
    if len(sizes) > 3:
        raise typer.BadParameter(f"{text!r} is not SIZE, HxW or CxHxW, such as 31 or 3x31x31")
    return sizes * 2 if len(sizes) == 1 else sizes


def values(text: str) -> tuple[int, ...]:
    """`8..32:8` as (8, 16, 24, 32), `24/48` as (24, 48), and both together."""
    return _values(text, lambda part: _number(part, text), lambda part: _number(part, text))


def choices(text: str) -> tuple[Any, ...]:
    """What a key may be: `0.25..1:0.25`, `same/valid`, `3/5`; with commas, the same of each place.

    Without a step a range goes up by 1, or by 1 in the last decimal that is written.
    """
    each = _each(text, lambda part: _values(part, _value, _decimal))
    return each if "," in text else each[0]


_N = TypeVar("_N", int, Decimal)


def _values(
    text: str, single: Callable[[str], Any], number: Callable[[str], _N]
) -> tuple[Any, ...]:
    """The parts between slashes, each one value or a range of numbers."""
    items: list[Any] = []
    for part in text.split("/"):
        first, dots, rest = part.partition("..")
        if not dots:
            items.append(single(part.strip()))
            continue
        last, colon, step = rest.partition(":")
        low, high = number(first), number(last)
        by = number(step) if colon else _unit(low, high)
        if by <= 0 or high < low:
            raise typer.BadParameter(f"{part[:40]!r} is not LOW..HIGH or LOW..HIGH:STEP")
        count = int((high - low) // by) + 1
        if count > MOST_VALUES:
            raise typer.BadParameter(f"{part[:40]!r} has more than {MOST_VALUES:,} values")
        items += (_plain(low + by * index) for index in range(count))
        if len(items) > MOST_VALUES:
            raise typer.BadParameter(f"{text[:40]!r} has more than {MOST_VALUES:,} values")
    return tuple(items)


def _unit(*numbers: int | Decimal) -> Any:
    """1 in the last decimal place of those that are written."""
    places = max(_places(number) for number in numbers)
    return Decimal(1).scaleb(-places) if places else 1


def _places(number: int | Decimal) -> int:
    exponent = number.as_tuple().exponent if isinstance(number, Decimal) else 0
    return -exponent if isinstance(exponent, int) else 0


def _plain(number: int | Decimal) -> int | float:
    return float(number) if _places(number) else int(number)


def _decimal(part: str) -> Decimal:
    if not re.fullmatch(r"\s*[+-]?([0-9]{0,12}\.[0-9]{1,12}|[0-9]{1,12})\s*", part):
        raise typer.BadParameter(f"{part[:40]!r} is not a number")
    return Decimal(part.strip())


def values_of_each(text: str) -> tuple[tuple[int, ...], ...]:
    """`8..32:8,48` as ((8, 16, 24, 32), (48,)); a list of one ends in a comma."""
    return _each(text, values)


def _each(text: str, parse: Callable[[str], tuple[Any, ...]]) -> tuple[tuple[Any, ...], ...]:
    """The values between commas, which are bounded together."""
    items: list[tuple[Any, ...]] = []
    for part in text.removesuffix(",").split(","):
        items.append(parse(part))
        if sum(map(len, items)) > MOST_VALUES:
            raise typer.BadParameter(f"{text[:40]!r} has more than {MOST_VALUES:,} values")
    return tuple(items)


def values_of_all_or_each(text: str) -> tuple[int, ...] | tuple[tuple[int, ...], ...]:
    """`1..3` as (1, 2, 3), for all places together; `1..3,2` as ((1, 2, 3), (2,))."""
    return values_of_each(text) if "," in text else values(text)


def images(text: str) -> tuple[Any, ...]:
    """`31/47` as heights and widths together; `28x31/32` and `1x28x28` as those of each side."""
    sides = tuple(map(values, text.lower().split("x")))
    if len(sides) > 3:
        raise typer.BadParameter(f"{text[:40]!r} is not SIZE, HxW or CxHxW, such as 31 or 3x31x31")
    return sides if len(sides) > 1 else sides[0]


_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
}


def amount(text: str | int) -> int:
    """`80M` as 80,000,000, `1.5k` as 1500, `512KiB` as 524,288."""
    if isinstance(text, int):
        return text
    match = re.fullmatch(r"\s*([0-9]{1,40})(?:\.([0-9]{1,40}))?\s*([kmg]i?)?b?\s*", text.lower())
    if not match:
        raise typer.BadParameter(f"{text[:40]!r} is no amount, such as 80M, 87.5k or 512KiB")
    digits = match[2] or ""
    scaled, rest = divmod(int(match[1] + digits) * _UNITS[match[3] or ""], 10 ** len(digits))
    if rest:
        raise typer.BadParameter(f"{text[:40]!r} is not a whole number")
    if scaled > LARGEST_AMOUNT:
        raise typer.BadParameter(f"{text[:40]!r} is above the limit of {LARGEST_AMOUNT:,}")
    return int(scaled)


def bound(text: str) -> tuple[str, int]:
    """`depth=20` as ("depth", 20)."""
    name, equals, number = (part.strip() for part in text.partition("="))
    if not (name and equals and number):
        raise typer.BadParameter(f"{text[:40]!r} is not MEASURE=N, such as depth=20")
    return name, amount(number)


def names(text: str) -> tuple[str, ...]:
    """`henet/shufflenet` as ("henet", "shufflenet")."""
    return tuple(part.strip() for part in text.split("/"))


def number_or_name(text: str) -> int | str:
    """`3` as 3; anything else is a rule's name."""
    return _number(text, text) if re.fullmatch(r"[+-]?\d+", text.strip()) else text


def decimals(text: str) -> tuple[float, ...]:
    """`0.485,0.456` as (0.485, 0.456)."""
    return tuple(_finite(part) for part in text.split(","))


def _finite(part: str) -> float:
    digits = r"([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})"
    if not re.fullmatch(rf"\s*[+-]?{digits}([eE][+-]?[0-9]{{1,2}})?\s*", part):
        raise typer.BadParameter(f"{part[:40]!r} is not a number")
    return float(part)


def resize(text: str) -> tuple[int, ...] | str:
    """`256` as (256, 256), `256x288` as (256, 288), and `stretch`."""
    sizes = text if text == "stretch" else _image(text)
    if len(sizes) == 3:
        raise typer.BadParameter(f"{text[:40]!r} is not SIZE, HxW or stretch, such as 256")
    return sizes


def setting(text: str) -> tuple[str, Any]:
    """`width=0.5` as ("width", 0.5): a key and a number, a truth, a list of numbers or a word."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not (key and equals and value):
        raise typer.BadParameter(f"{text[:40]!r} is not KEY=VALUE, such as width=0.5")
    return key, _value(value)


def open_setting(text: str) -> tuple[str, tuple[Any, ...]]:
    """`width=0.25..1:0.25` as ("width", (0.25, 0.5, 0.75, 1.0))."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not (key and equals and value):
        raise typer.BadParameter(f"{text[:40]!r} is not KEY=VALUES, such as width=0.25/0.5")
    return key, choices(value)


def _value(text: str) -> Any:
    if text.startswith("["):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"[+-]?(\d*\.\d+|\d+\.)([eE][+-]?\d+)?|[+-]?\d+[eE][+-]?\d+", text):
        return float(text)
    if re.fullmatch(r"[+-]?\d+(\s*,\s*[+-]?\d+)*\s*,?", text):
        return one_or_more(text)
    return text


def form(text: str) -> str:
    """The name of a form of reports."""
    from ..forms import report_form

    return _found_by(report_form, text)


def form_of_findings(text: str) -> str:
    """The name of a form of lint's reports, which have one more."""
    from ..forms import report_form
    from ..lints.diagnostics import Diagnostics

    return _found_by(lambda name: report_form(name, Diagnostics), text)


def drawing_form(text: str) -> str:
    """The name of a form of drawings."""
    from ..forms import DRAWINGS

    return _named(DRAWINGS, text)


def convention(text: str) -> str:
    """The name of a counting convention."""
    from ..conventions.lookup import convention as find

    return _found_by(find, text)


def target(text: str) -> str:
    """The name of an emitter."""
    from ..emitters import TARGETS

    return _named(TARGETS, text)


def target_option(text: str) -> tuple[str, str]:
    """`init=kaiming` as ("init", "kaiming"); `external` as ("external", "")."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not name or bool(equals) != bool(value):
        raise typer.BadParameter(f"{text[:40]!r} is not NAME=VALUE, such as init=kaiming")
    return name, value


def explained(text: str) -> str:
    """The name of an emitter that explains what it makes of a network."""
    from ..emitters import EXPLAINERS

    return _named(EXPLAINERS, text)


def analysis(text: str) -> str:
    """The name of an analysis that studies a graph."""
    from ..analyzers import ANALYSES

    return _named(ANALYSES, text)


def columns(text: str) -> tuple[Field, ...]:
    """`input,kernel` as columns of a report."""
    from ..results.columns import fields

    try:
        return fields(words(text))
    except UnknownNameError as error:
        raise typer.BadParameter(f"{error.what}; {error.fix}") from None


def rules(text: str) -> tuple[str, ...]:
    """`HA101,HA2` as the selectors of lint rules."""
    from ..lints.selection import lints, matching

    selectors = words(text)
    for selector in selectors:
        _found_by(lambda name: matching(name, lints().values()), selector)
    return selectors


def verified(text: str) -> str:
    """The name of a target that can be verified."""
    from ..runtime.verifiers import by_target

    options = by_target()
    return _found_by(lambda name: look_up(name, options, "target to verify"), text)


def data(text: str) -> str:
    """The name of a data set."""
    from ..training.datasets import DATASETS

    return _named(DATASETS, text)


def backend(text: str) -> str:
    """The name of what runs a network."""
    from ..runtime.runners import RUNNERS

    return _named(RUNNERS, text)


def preprocessing(text: str) -> str:
    """The name of a preprocessing."""
    from ..ir.contract import PRESETS

    return _found_by(lambda name: look_up(name, PRESETS, "preprocessing"), text)


def schedule(text: str) -> str:
    """The name of a training schedule."""
    from ..training.schedules import SCHEDULES

    return _found_by(lambda name: look_up(name, SCHEDULES, "schedule"), text)


def engine(text: str) -> str:
    """The name of what computes training steps."""
    from ..training.engines import ENGINES

    return _named(ENGINES, text)


def init(text: str) -> str:
    """The name of an initialisation."""
    from ..emitters import INITS

    return _found_by(lambda name: look_up(name, INITS, "init"), text)


def _named(parts: Parts[Any], text: str) -> str:
    """The name of a part, which is not loaded for it."""
    return text if text in parts else _found_by(parts.__getitem__, text)


def _found_by(find: Callable[[str], object], text: str) -> str:
    try:
        find(text)
    except UnknownNameError as error:
        raise typer.BadParameter(f"{error.what}; {error.fix}") from None
    return text


def _number(part: str, text: str) -> int:
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,4000}\s*", part):
        shown = "" if part == text else f" in {text[:40]!r}"
        raise typer.BadParameter(f"{part[:40]!r}{shown} is not a whole number")
    return int(part)
