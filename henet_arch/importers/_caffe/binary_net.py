"""The network inside a caffemodel, as the message that its text would be."""

from __future__ import annotations

import struct
from pathlib import Path

from ...support.errors import FileError
from ...support.files import opened
from ...support.limits import LARGEST_WEIGHTS_FILE
from .caffemodel import wire_text
from .message import Field, Message, Word
from .schema import MESSAGES
from .wire import BYTES, EIGHT, FOUR, VARINT, Span, Wire, WireField, in_caffemodel

_MOST_NUMBERS = 1_000_000
"""Bytes of one packed list of settings."""


def read_message(path: Path) -> Message:
    """The layers and their settings in a caffemodel, without its blobs.

    Raises:
        FileError: it is missing, too large, or no file of that format.
    """
    with opened(path, LARGEST_WEIGHTS_FILE) as file, in_caffemodel(path):
        size = file.seek(0, 2)
        wire = Wire(file, size)
        return _message(wire, wire.whole, "net")


def _message(wire: Wire, span: Span, kind: str) -> Message:
    """The fields of a message that are known; messages nest no deeper than the schema's."""
    schema, message = MESSAGES[kind], Message()
    for each in wire.fields(span):
        if each.number in schema:
            name, inner = schema[each.number]
            for value in _values(wire, each, inner):
                message.fields.append(Field(name, value, 0))
    return message


def _values(wire: Wire, each: WireField, kind: str) -> list[Word | Message]:
    if kind in MESSAGES:
        return [_message(wire, _bytes(each), kind)]
    if kind == "text":
        return [Word(wire_text(wire, each._replace(span=_bytes(each))), quoted=True)]
    if each.kind == BYTES and each.span.end - each.span.start > _MOST_NUMBERS:
        raise FileError(f"a setting at byte {each.span.start:,} has too many numbers")
    return [Word(number) for number in _numbers(wire, each, kind)]


def _bytes(each: WireField) -> Span:
    if each.kind != BYTES:
        raise FileError(f"byte {each.span.start:,} begins no text and no message")
    return each.span


def _numbers(wire: Wire, each: WireField, kind: str) -> list[str]:
    """The numbers of a field as text, one or a packed list."""
    if kind == "float" and each.kind in (FOUR, EIGHT, BYTES):
        form, width = ("<d", 8) if each.kind == EIGHT else ("<f", 4)
        content = wire.read(each.span)
        return [
            repr(x) for (x,) in struct.iter_unpack(form, content[: len(content) // width * width])
        ]
    if kind != "float" and each.kind == VARINT:
        return [_signed(each.value)]
    if kind != "float" and each.kind == BYTES:
        return [_signed(value) for value in wire.varints(each.span)]
    raise FileError(f"byte {each.span.start:,} begins no number of its field")


def _signed(value: int) -> str:
    return str(value - (1 << 64) if value >= 1 << 63 else value)
