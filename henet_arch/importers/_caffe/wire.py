"""The binary format of protobuf: fields as numbers with the places of their values.

Values stay in the file. Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from ...support.errors import FileError

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
_MOST_BITS = 64
_MOST_FIELDS = 100_000
"""Fields that are looked at in one file; ResNet-152 has 12,000."""
_AHEAD = 1 << 20
"""Bytes of unpacked numbers that are looked at together."""


@contextmanager
def in_caffemodel(path: Path) -> Iterator[None]:
    """Errors within say that the file is no caffemodel, and why."""
    try:
        yield
    except FileError as error:
        raise FileError(
            f"{path} is no caffemodel, or is damaged",
            why=error.what,
            fix="copy it again, or name another file",
        ) from None


class Span(NamedTuple):
    """Bytes of the file, from `start` up to `end`."""

    start: int
    end: int


class WireField(NamedTuple):
    """A field: its number, how it is written, and its value or where that is."""

    number: int
    kind: int
    value: int
    """Of a varint; else 0."""
    span: Span
    """The bytes of any other value."""


class Wire:
    """A file of one message, of which only what is asked for is read."""

    def __init__(self, file: BufferedReader, size: int) -> None:
        self._file = file
        self.whole = Span(0, size)
        self._count = 0

    def fields(self, within: Span) -> Iterator[WireField]:
        """The fields of the message that lies there, each when it is asked for.

        Raises:
            FileError: the bytes are no message, or the file has too many fields.
        """
        at = within.start
        while at < within.end:
            field = self.first(Span(at, within.end))
            at = field.span.end
            yield field

    def first(self, within: Span) -> WireField:
        """The first field of what lies there.

        Raises:
            FileError: the bytes are no field, or the file has too many.
        """
        self._count += 1
        if self._count > _MOST_FIELDS:
            raise FileError(f"more than {_MOST_FIELDS:,} fields of protobuf")
        tag, at = self._varint(within.start, within.end)
        return self._field(tag >> 3, tag & 7, at, within.end)

    def read(self, span: Span) -> bytes:
        """The bytes that lie there.

        Raises:
            FileError: the file ends before.
        """
        self._file.seek(span.start)
        content = self._file.read(span.end - span.start)
        if len(content) < span.end - span.start:
            raise FileError(f"the file ends before byte {span.end:,}")
        return content

    def varints(self, span: Span) -> list[int]:
        """The numbers of a packed field."""
        numbers, at = [], span.start
        while at < span.end:
            number, at = self._varint(at, span.end)
            numbers.append(number)
        return numbers

    def repeats(self, field: WireField, within: Span) -> int:
        """How many fields of one number and fixed width follow one another, this one included.

        Numbers that are not packed are written so; each takes one byte more than its value.
        """
        width = field.span.end - field.span.start + 1
        tag = self.read(Span(field.span.start - 1, field.span.start))
        count, at = 1, field.span.end
        while at < within.end:
            content = self.read(Span(at, min(within.end, at + _AHEAD // width * width)))
            tags = content[::width]
            alike = len(tags) - len(tags.lstrip(tag))
            whole = min(alike, len(content) // width)
            count += whole
            at += whole * width
            if whole < len(tags):
                break
        return count

    def _field(self, number: int, kind: int, at: int, end: int) -> WireField:
        if number == 0:
            raise FileError(f"byte {at:,} begins no field of protobuf")
        if kind == VARINT:
            value, after = self._varint(at, end)
            return WireField(number, kind, value, Span(at, after))
        if kind == BYTES:
            length, at = self._varint(at, end)
        elif kind in (EIGHT, FOUR):
            length = 8 if kind == EIGHT else 4
        else:
            raise FileError(f"byte {at:,} begins no field of protobuf")
        if length > end - at:
            raise FileError(
                f"a field at byte {at:,} says that it has {length:,} bytes, of which there are "
                f"{end - at:,}"
            )
        return WireField(number, kind, 0, Span(at, at + length))

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        """A number of variable length, and where it ends."""
        self._file.seek(at)
        content = self._file.read(min(10, end - at))
        value = 0
        for index, byte in enumerate(content):
            value |= (byte & 127) << (7 * index)
            if byte < 128:
                return value % (1 << _MOST_BITS), at + index + 1
        raise FileError(f"byte {at:,} begins a number without an end")
