"""Expressions as functions of a frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ...ir.dims import certainly_equal
from ...support.errors import HenetArchError, RuleError, ShapeError
from .expressions import (
    LAYER_FUNCTIONS,
    LENGTH,
    Before,
    Call,
    Choice,
    Constant,
    Expression,
    Item,
    Name,
    Operation,
    names,
    operands,
)
from .frame import Frame
from .kinds import size
from .values import (
    Value,
    largest,
    negative,
    operation,
    round_to,
    shown,
    smallest,
    truth,
)

if TYPE_CHECKING:
    from ...ir.dims import Dim
    from ...ir.graph import Node

Evaluate: TypeAlias = Callable[[Frame], Value]
Find: TypeAlias = Callable[[Frame], "Node"]


class Function(NamedTuple):
    """A function that expressions can call."""

    apply: Callable[..., Value]
    fewest: int
    most: int


def _height(node: Node) -> Dim:
    return _sizes(node)[1]


def _width(node: Node) -> Dim:
    return _sizes(node)[2]


def _sizes(node: Node) -> tuple[Dim, ...]:
    if len(node.shape) != 3:
        raise ShapeError(f"{node.name} is a vector, and has no height and width")
    return node.shape


FUNCTIONS: dict[str, Function] = {
    "min": Function(smallest, 1, 20),
    "max": Function(largest, 1, 20),
    "round_to": Function(round_to, 1, 2),
    "channels": Function(lambda node: node.channels, 1, 1),
    "height": Function(_height, 1, 1),
    "width": Function(_width, 1, 1),
    "same_shape": Function(lambda a, b: certainly_equal(a.shape, b.shape), 2, 2),
}
GROUPS = {"m": 0, "n": 1}
"""The groups of a block's convolutions, as words or as functions of a width."""


@singledispatch
def compiled(expression: Any) -> Evaluate:
    """The function that gives an expression's value.

    It raises:
        RuleError: there is none for these numbers.
        TypeError: symbols leave open what is asked.
    """
    raise TypeError(f"{expression!r:.99} is no expression")


def layer(expression: Expression) -> Find:
    """The function that finds the layer which `expression` names."""
    name = expression.name if isinstance(expression, Name | Before) else ""
    if isinstance(expression, Before):
        return lambda frame: frame.layer_before(name)
    return lambda frame: frame.layers[name]


@compiled.register
def _(expression: Constant) -> Evaluate:
    value = expression.value
    return lambda frame: value


@compiled.register
def _(expression: Name) -> Evaluate:
    name = expression.name
    index = GROUPS.get(name)

    def evaluate(frame: Frame) -> Value:
        if name in frame.numbers:
            if name in frame.decided:
                frame.reasons += frame.decided[name]
            return frame.numbers[name]
        if index is not None:
            return frame.groups(index, size(frame.number("C")))
        return frame.number(name)

    return evaluate


@compiled.register
def _(expression: Item) -> Evaluate:
    name, index = expression.name, compiled(expression.index)
    return lambda frame: _item(name, frame.keys[name], index(frame))


def _item(name: str, values: Value, index: Value) -> Value:
    if not isinstance(values, tuple):
        return values
    place = size(index)
    if not isinstance(place, int) or not -len(values) <= place < len(values):
        raise RuleError(
            f"{name}[{shown(index)}] is none of its {len(values)} values",
            fix=f"{name}[0] to {name}[{len(values) - 1}]",
        )
    return values[place]


@compiled.register
def _(expression: Call) -> Evaluate:
    function = expression.function
    if function == LENGTH:
        return _length(expression)
    if function in GROUPS:
        index, width = GROUPS[function], compiled(expression.arguments[0])
        return lambda frame: frame.groups(index, size(width(frame)))
    known = FUNCTIONS[function]
    get = layer if function in LAYER_FUNCTIONS else compiled
    arguments = tuple(map(get, expression.arguments))
    apply = known.apply
    return lambda frame: apply(*[each(frame) for each in arguments])


def _length(expression: Call) -> Evaluate:
    (argument,) = expression.arguments
    key = argument.name if isinstance(argument, Name) else ""

    def evaluate(frame: Frame) -> Value:
        value = frame.keys[key]
        if not isinstance(value, tuple):
            raise RuleError(f"{key} = {shown(value)} is no list", fix=f"{key} = [...]")
        return len(value)

    return evaluate


@compiled.register
def _(expression: Operation) -> Evaluate:
    operator, given = expression.operator, tuple(map(compiled, expression.operands))
    if operator == "not":
        return lambda frame: not truth(given[0](frame))
    if len(given) == 1:
        return lambda frame: negative(given[0](frame))
    left, right = given
    if operator == "and":
        return lambda frame: truth(left(frame)) and truth(right(frame))
    if operator == "or":
        return lambda frame: truth(left(frame)) or truth(right(frame))
    apply = operation(operator)
    return lambda frame: apply(left(frame), right(frame))


@compiled.register
def _(expression: Choice) -> Evaluate:
    condition = compiled(expression.condition)
    then, otherwise = compiled(expression.then), compiled(expression.otherwise)

    def evaluate(frame: Frame) -> Value:
        return then(frame) if truth(condition(frame)) else otherwise(frame)

    return evaluate


def as_truth(expression: Expression) -> Evaluate:
    """The function that gives a condition's truth."""
    evaluate = compiled(expression)
    return lambda frame: truth(evaluate(frame))


def column_of(expression: Expression, frame: Frame) -> int:
    """The column of the innermost part of an expression that has no value."""
    for operand in operands(expression):
        try:
            compiled(operand)(frame)
        except HenetArchError:
            return column_of(operand, frame)
    return expression.column


def values_of(expression: Expression, frame: Frame) -> str:
    """The numbers that an expression names, for a message: `C = 97, Cin = 48`."""
    known = ((name, frame.numbers.get(name)) for name in dict.fromkeys(names(expression)))
    return ", ".join(f"{name} = {shown(value)}" for name, value in known if value is not None)
