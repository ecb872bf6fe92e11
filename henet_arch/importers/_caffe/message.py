"""Messages of protobuf as their text has them: fields in order, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from ...support.errors import FileError, nearest
from ...support.limits import LARGEST


class Word(NamedTuple):
    """A value that holds no others."""

    text: str
    quoted: bool = False


class Message:
    """Fields in the order of the file."""

    __slots__ = ("fields", "line")

    def __init__(self, line: int = 0, fields: Sequence[Field] = ()) -> None:
        self.line = line
        self.fields = list(fields)

    def all(self, name: str) -> list[Field]:
        """The fields of that name."""
        return [field for field in self.fields if field.name == name]

    def has(self, name: str) -> bool:
        """Whether there is a field of that name."""
        return any(field.name == name for field in self.fields)

    def messages(self, name: str) -> list[Message]:
        """The messages of a repeated field.

        Raises:
            FileError: a field of that name is no message.
        """
        return [as_message(field) for field in self.all(name)]

    def message(self, name: str) -> Message:
        """A message that is there at most once; without fields where it is not.

        One that is there several times is merged, as protobuf does.

        Raises:
            FileError: a field of that name is no message.
        """
        found = self.messages(name)
        if len(found) == 1:
            return found[0]
        line = found[0].line if found else self.line
        return Message(line, [field for message in found for field in message.fields])

    def one(self, name: str) -> Field | None:
        """The field of that name.

        Raises:
            FileError: there are several.
        """
        found = self.all(name)
        if len(found) > 1:
            raise FileError(f"{name} is there twice", where=place(found[1].line))
        return found[0] if found else None

    def texts(self, name: str) -> list[str]:
        """The strings of a repeated field."""
        return [as_text(field) for field in self.all(name)]

    def text(self, name: str) -> str:
        """The string of a field; "" where there is none."""
        field = self.one(name)
        return as_text(field) if field else ""

    def wholes(self, name: str) -> list[int]:
        """The whole numbers of a repeated field."""
        return [as_int(field) for field in self.all(name)]

    def whole(self, name: str, usual: int) -> int:
        """The whole number of a field, or the usual one."""
        field = self.one(name)
        return as_int(field) if field else usual

    def reals(self, name: str) -> list[float]:
        """The numbers of a repeated field."""
        return [as_float(field) for field in self.all(name)]

    def real(self, name: str, usual: float) -> float:
        """The number of a field, or the usual one."""
        field = self.one(name)
        return as_float(field) if field else usual

    def flag(self, name: str, usual: bool) -> bool:
        """Whether the field says true, or the usual answer."""
        field = self.one(name)
        return as_bool(field) if field else usual

    def enum(self, name: str, values: Mapping[str, int], usual: str) -> str:
        """The name of an enum's value, which may be given as its number."""
        field = self.one(name)
        return as_enum(field, values) if field else usual

    def check(self, names: Sequence[str], near: float) -> None:
        """Refuse fields whose names are nearly those of others, as slips of the pen are.

        Args:
            names: Those of all known fields; forks of Caffe have more.
            near: As `slip` takes it.

        Raises:
            FileError: there is one.
        """
        for field in self.fields:
            if field.name not in names and slip(field.name, names, near):
                raise FileError(
                    f"unknown field {field.name!r:.99}",
                    where=place(field.line),
                    fix=nearest(field.name, names),
                )


class Field(NamedTuple):
    """A name with its value."""

    name: str
    value: Word | Message
    line: int


def slip(name: str, names: Iterable[str], near: float) -> bool:
    """Whether a name that is none of `names` is nearly one of them, as slips of the pen are.

    Args:
        name: The name.
        names: Those that are known.
        near: How alike two names are for that, of 1; capitals do not count.
    """
    from difflib import get_close_matches

    return bool(get_close_matches(name[:99].lower(), [n.lower() for n in names], 1, near))


def place(line: int) -> str:
    """Where a field stands; "" in files without lines."""
    return f"line {line}" if line else ""


def as_message(field: Field) -> Message:
    """The field's value.

    Raises:
        FileError: it is no message.
    """
    if isinstance(field.value, Message):
        return field.value
    raise _wrong(field, "fields in braces")


def as_text(field: Field) -> str:
    """The field's string.

    Raises:
        FileError: it is no string.
    """
    if isinstance(field.value, Word) and field.value.quoted:
        return field.value.text
    raise _wrong(field, "a string in quotes")


def as_word(field: Field) -> str:
    """The field's number, string or name.

    Raises:
        FileError: it is a message.
    """
    if isinstance(field.value, Word):
        return field.value.text
    raise _wrong(field, "one value")


def as_int(field: Field) -> int:
    """The field's whole number.

    Raises:
        FileError: it is none, or larger than any size.
    """
    text = _bare(field)
    try:
        value = int(text, 8) if _is_octal(text) else int(text, 0)
    except ValueError:
        raise _wrong(field, "a whole number") from None
    if abs(value) > LARGEST:
        raise FileError(f"{field.name} = {text:.40} is beyond {LARGEST:,}", where=place(field.line))
    return value


def as_float(field: Field) -> float:
    """The field's number.

    Raises:
        FileError: it is none, or not finite.
    """
    text = _bare(field)
    try:
        value = float(int(text, 0)) if text[:2] in ("0x", "0X") else float(text.rstrip("fF"))
    except (ValueError, OverflowError):
        value = float("nan")
    if not isfinite(value) or "_" in text:
        raise _wrong(field, "a finite number")
    return value


def as_bool(field: Field) -> bool:
    """The field's truth value.

    Raises:
        FileError: it is none.
    """
    text = _bare(field)
    if text in ("true", "True", "t", "1"):
        return True
    if text in ("false", "False", "f", "0"):
        return False
    raise _wrong(field, "true or false")


def as_enum(field: Field, values: Mapping[str, int]) -> str:
    """The name of the field's value.

    Raises:
        FileError: it is not one of `values`.
    """
    text = as_word(field)
    for name, number in values.items():
        if text in (name, str(number)):
            return name
    raise FileError(
        f"{field.name} = {text!r:.99} is unknown",
        where=place(field.line),
        fix=f"one of {', '.join(values)}",
    )


def _bare(field: Field) -> str:
    """The field's value, which stands without quotes."""
    if isinstance(field.value, Word) and not field.value.quoted:
        return field.value.text
    raise _wrong(field, "a value without quotes")


def _is_octal(text: str) -> bool:
    digits = text.removeprefix("-")
    return len(digits) > 1 and digits.startswith("0") and digits.isdigit()


def _wrong(field: Field, wanted: str) -> FileError:
    value = field.value
    text = "fields in braces" if isinstance(value, Message) else f"{value.text!r:.99}"
    return FileError(f"{field.name} is {text}, not {wanted}", where=place(field.line))
