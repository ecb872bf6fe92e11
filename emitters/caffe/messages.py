"""Messages of Caffe's format from values of Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ...importers._caffe.message import Field, Message, Word
from ...support.errors import EmitError

Value: TypeAlias = Message | Word | str | float
"""A message, a text in quotes, the name of an enum's value, a number or a truth value."""

_LARGEST = 3.4e38
"""Numbers beyond it are infinite in single precision, which is all that Caffe has."""


def fields(**values: Value | Sequence[Value] | None) -> Message:
    """A message of these fields in their order; a list is a repeated one, and None is left out.

    Raises:
        EmitError: a number is too large.
    """
    message = Message()
    for name, value in values.items():
        for each in _each(value):
            message.fields.append(Field(name, _value(name, each), 0))
    return message


def text(content: str) -> Word:
    """A text in quotes."""
    return Word(content, quoted=True)


def _each(value: Value | Sequence[Value] | None) -> Iterator[Value]:
    if value is None:
        return
    if isinstance(value, Message | Word | str | float | int):
        yield value
    else:
        yield from value


def _value(name: str, value: Value) -> Message | Word:
    if isinstance(value, Message | Word):
        return value
    if isinstance(value, bool):
        return Word(str(value).lower())
    if isinstance(value, str | int):
        return Word(str(value))
    if not abs(value) < _LARGEST:
        raise EmitError(f"{name} = {value} is beyond the numbers of Caffe", why="they are single")
    return Word(repr(value).removesuffix(".0"))
