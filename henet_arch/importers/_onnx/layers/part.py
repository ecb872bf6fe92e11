"""Layers with what they read, give and weigh."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ....ir.layer import Layer
from ..constant import Constant
from ..network import Op, Value


@dataclass(frozen=True)
class Part:
    """One layer that an operator becomes, or one of several."""

    layer: Layer
    inputs: tuple[Value, ...]
    output: Value
    weights: Mapping[str, Constant] = field(default_factory=dict)


Mapper = Callable[[Op], list[Part] | None]
"""From an operator to its layers; None where no kind describes it."""


def single(op: Op, layer: Layer, **weights: Constant) -> list[Part]:
    """The operator as one layer of its first input."""
    return [Part(layer, (op.value(0),), op.output, weights)]


def chain(op: Op, *layers: Layer, first: Value | None = None) -> list[Part]:
    """The operator as layers one after the other, of its first input or another."""
    parts: list[Part] = []
    value = first or op.value(0)
    for layer in layers[:-1]:
        between = Value(op.output.name, None, op.output.type, computed=True, batched=True)
        parts.append(Part(layer, (value,), between))
        value = between
    return [*parts, Part(layers[-1], (value,), op.output)]


def constants(op: Op, *indices: int) -> list[Constant] | None:
    """The constants that are inputs; None where one is computed or left out."""
    values = [op.inputs[index] if index < len(op.inputs) else None for index in indices]
    held = [value.constant for value in values if value is not None and value.constant is not None]
    return held if len(held) == len(indices) else None


def has_bias(op: Op, index: int = 2) -> bool:
    """Whether there is a constant bias; one that is computed is none."""
    return op.has(index) and op.value(index).constant is not None
