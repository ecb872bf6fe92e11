"""The parts of a network, and which of them has which value of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...support.errors import RuleError
from ..spec import StageKeys
from .evaluate import Evaluate, compiled
from .frame import Frame
from .kinds import size
from .program import Program
from .steps import Step
from .values import Value, shown

WIDTHS = "channels"
"""The key that stages have their `C` of."""


@dataclass(frozen=True)
class Part:
    """One line of the network, or one stage."""

    name: str
    step: Step
    stage: int = 0
    """Its number, from 1 on; 0 where it is no stage."""
    width: Value = None
    following: Value = None
    """The next stage's width."""


def parts_of(program: Program, keys: Mapping[str, Value]) -> list[Part]:
    """The parts of a network in order.

    Args:
        program: its blocks.
        keys: the values of the spec.

    Raises:
        RuleError: stages are the values of something that is no list.
    """
    result: list[Part] = []
    for step in program.network.steps:
        if step.over is None:
            result.append(Part(step.names[-1] if step.names else "", step))
            continue
        stage = sum(part.stage > 0 for part in result)
        for number, index in enumerate(_indices(step, step.over.name, keys), stage + 1):
            widths = keys[step.over.name] if step.over.name == WIDTHS else ()
            width, *rest = widths[index : index + 2] or (None,)
            name = f"{step.names[0]}{number}"
            result.append(Part(name, step, number, width, rest[0] if rest else None))
    return result


def _indices(step: Step, key: str, keys: Mapping[str, Value]) -> range:
    """The indices of the values that a line goes through."""
    values = keys[key]
    if not isinstance(values, tuple):
        raise RuleError(
            f"stages for {key} = {shown(values)}, which is no list",
            fix=f"{key} = [...], a value for each stage",
        )
    frame: Any = Frame(None, keys, {}, {})  # type: ignore[arg-type]
    ends = (size(end(frame)) if end else None for end in _ends(step))
    return range(len(values))[slice(*ends)]


@lru_cache(maxsize=512)
def _ends(step: Step) -> tuple[Evaluate | None, Evaluate | None]:
    """What gives the ends of a line's slice."""
    over = step.over
    start, stop = (over.start, over.stop) if over else (None, None)
    return compiled(start) if start else None, compiled(stop) if stop else None


def stage_keys(program: Program, keys: Mapping[str, Value]) -> StageKeys:
    """For each key that is a list, or is read by its singular: the parts that read it."""
    result: dict[str, list[str]] = {}
    for part in parts_of(program, keys):
        for key in _keys_of(program, part.step):
            result.setdefault(key, []).append(part.name)
    plurals = {key for word, key in program.words.items() if word != key}
    listed = {step.over.name for step in program.network.steps if step.over}
    return {
        key: tuple(names)
        for key, names in result.items()
        if key in plurals or key in listed or isinstance(keys[key], tuple)
    }


def _keys_of(program: Program, step: Step) -> list[str]:
    """The keys that a line of the network reads, or goes through, each once."""
    listed = (step.over.name,) if step.over and step.over.name != WIDTHS else ()
    return list(dict.fromkeys((*listed, *map(program.words.__getitem__, program.reads[step]))))


def entries(
    program: Program, keys: Mapping[str, Value], parts: list[Part]
) -> Iterator[dict[str, Value]]:
    """For each part what the words stand for that read keys."""
    places: dict[str, int] = {}
    for part in parts:
        now = dict(places)
        for key in _keys_of(program, part.step):
            places[key] = now.get(key, 0) + 1
        result = {}
        for word in program.reads[part.step]:
            key = program.words[word]
            value, place = keys[key], now.get(key, 0)
            is_list = isinstance(value, tuple) and place < len(value)
            result[word] = value[place] if is_list else value
        yield result
