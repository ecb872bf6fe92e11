"""The parts of a network, and which of them has which value of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...support.errors import RuleError
from ..spec import StageKeys
from .evaluate import compiled
from .frame import Frame
from .kinds import size
from .program import Program
from .steps import Slice, Step
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
        for number, index in enumerate(_indices(step.over, keys), stage + 1):
            widths = keys[step.over.name] if step.over.name == WIDTHS else ()
            width, *rest = widths[index : index + 2] or (None,)
            name = f"{step.names[0]}{number}"
            result.append(Part(name, step, number, width, rest[0] if rest else None))
    return result


def _indices(over: Slice, keys: Mapping[str, Value]) -> range:
    values = keys[over.name]
    if not isinstance(values, tuple):
        raise RuleError(
            f"stages for {over.name} = {shown(values)}, which is no list",
            fix=f"{over.name} = [...], a value for each stage",
        )
    frame: Any = Frame(None, keys, {}, {})  # type: ignore[arg-type]
    ends = (size(compiled(end)(frame)) if end else None for end in (over.start, over.stop))
    return range(len(values))[slice(*ends)]


def stage_keys(program: Program, keys: Mapping[str, Value]) -> StageKeys:
    """For each key that a part reads as its own: the parts that do."""
    parts = parts_of(program, keys)
    return {key: tuple(part.name for part in found) for key, found in _readers(program, parts)}


def _readers(program: Program, parts: list[Part]) -> Iterator[tuple[str, list[Part]]]:
    free = {id(part.step): program.free_of_step(part.step) for part in parts}
    listed = {part.step.over.name for part in parts if part.step.over} - {WIDTHS}
    for key in sorted({*program.words.values(), *listed}):
        words = {word for word, other in program.words.items() if other == key}
        found = [
            part
            for part in parts
            if not free[id(part.step)].isdisjoint(words)
            or (part.step.over and part.step.over.name == key)
        ]
        yield key, found


def entries(
    program: Program, keys: Mapping[str, Value], parts: list[Part]
) -> list[dict[str, Value]]:
    """For each part what the words stand for that read keys."""
    result: list[dict[str, Value]] = [{} for _ in parts]
    indices = {id(part): index for index, part in enumerate(parts)}
    readers = dict(_readers(program, parts))
    for word, key in program.words.items():
        value = keys[key]
        for place, part in enumerate(readers[key]):
            each = value[place] if isinstance(value, tuple) and place < len(value) else value
            result[indices[id(part)]][word] = each
    return result
