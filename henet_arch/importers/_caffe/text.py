"""The text format of protobuf, read without knowing any message.

It is read in one pass with a stack of the messages that are open, so that no input can make it
recur. Source: https://protobuf.dev/reference/protobuf/textformat-spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...support.errors import FileError
from .message import Field, Message, Word, place

_DEEPEST = 32
"""Messages inside one another; Caffe's own need 5."""
_MOST_FIELDS = 300_000
"""Fields of one file, which take some 100 MB; ResNet-152 has 9,000."""

_TOKEN = re.compile(
    r"""
    (?P<gap>    (?: \s++ | \#[^\n]*+ )++ )
  | (?P<text>   "[^"\\\n]*+ (?:\\. [^"\\\n]*+)*+ " | '[^'\\\n]*+ (?:\\. [^'\\\n]*+)*+ ' )
  | (?P<number> -?+ \s*+ (?: 0[xX][0-9a-fA-F]++ | (?:[0-9]++ \.? [0-9]*+ | \.[0-9]++)
                (?:[eE][+-]?[0-9]++)? [fF]? ) (?![A-Za-z0-9_.]) )
  | (?P<word>   -?+ \s*+ [A-Za-z_][A-Za-z0-9_]*+ )
  | (?P<mark>   [{}<>\[\]:;,] )
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f"}
_CLOSING = {"{": "}", "<": ">"}


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


class _Open(NamedTuple):
    """A message whose end is not reached."""

    message: Message
    closing: str
    listed: str
    """The name of the list that it is an item of, or ""."""


def parse(text: str) -> Message:
    """The fields of a text.

    Raises:
        FileError: it is not of that format, nests too deeply or has too many fields; it says
            the line.
    """
    return _Parser(_tokens(text)).parse()


def _tokens(text: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FileError(
                f"{text[at : at + 20].splitlines()[0]!r} is no text of protobuf",
                where=place(line),
                fix="fields such as name: value or name { ... }",
            )
        if match.lastgroup != "gap":
            yield _Token(str(match.lastgroup), match[0], line)
        line += match[0].count("\n")
        at = match.end()
    yield _Token("end", "the end of the file", line)


class _Parser:
    def __init__(self, tokens: Iterator[_Token]) -> None:
        self._tokens = tokens
        self._next = next(tokens)
        self._count = 0
        self._open = [_Open(Message(1), "the end of the file", "")]

    def parse(self) -> Message:
        while True:
            token = self._take()
            if token.text == self._open[-1].closing and token.kind in ("mark", "end"):
                closed = self._open.pop()
                if not self._open:
                    return closed.message
                self._after(closed.listed)
            else:
                self._field(token)

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _accept(self, *marks: str) -> bool:
        """Whether the next token is one of the marks, which is then passed."""
        accepted = self._next.kind == "mark" and self._next.text in marks
        if accepted:
            self._take()
        return accepted

    def _field(self, name: _Token) -> None:
        if name.kind != "word" or name.text.startswith("-"):
            raise self._unexpected(name, f"a field's name or {self._open[-1].closing}")
        colon = self._accept(":")
        if self._begins_message():
            self._message(name.text, "")
        elif not colon:
            raise self._unexpected(self._next, f": or {{ after {name.text:.99}")
        elif self._accept("["):
            if self._accept("]"):
                self._accept(",", ";")
            else:
                self._item(name.text)
        else:
            self._add(name.text, self._word(), name.line)
            self._accept(",", ";")

    def _begins_message(self) -> bool:
        return self._next.kind == "mark" and self._next.text in _CLOSING

    def _item(self, name: str) -> None:
        """One item of a list; a message is read by `parse`, which goes on with the list."""
        while True:
            if self._begins_message():
                self._message(name, name)
                return
            line = self._next.line
            self._add(name, self._word(), line)
            if self._ends_list():
                return

    def _after(self, listed: str) -> None:
        """Go on after the end of a message."""
        if not listed:
            self._accept(",", ";")
        elif not self._ends_list():
            self._item(listed)

    def _ends_list(self) -> bool:
        if self._accept("]"):
            self._accept(",", ";")
            return True
        if not self._accept(","):
            raise self._unexpected(self._next, ", or ]")
        return False

    def _message(self, name: str, listed: str) -> None:
        token = self._take()
        if len(self._open) > _DEEPEST:
            raise FileError(f"more than {_DEEPEST} messages nest", where=place(token.line))
        message = Message(token.line)
        self._add(name, message, token.line)
        self._open.append(_Open(message, _CLOSING[token.text], listed))

    def _add(self, name: str, value: Word | Message, line: int) -> None:
        self._count += 1
        if self._count > _MOST_FIELDS:
            raise FileError(f"more than {_MOST_FIELDS:,} fields", where=place(line))
        self._open[-1].message.fields.append(Field(name, value, line))

    def _word(self) -> Word:
        token = self._take()
        if token.kind in ("number", "word"):
            return Word("".join(token.text.split()))
        if token.kind != "text":
            raise self._unexpected(token, "a value")
        parts = [token.text]
        while self._next.kind == "text":
            parts.append(self._take().text)
        return Word("".join(map(_unquoted, parts)), quoted=True)

    def _unexpected(self, token: _Token, wanted: str) -> FileError:
        what = token.text if token.kind == "end" else f"{token.text!r:.99}"
        opened = self._open[-1].message.line
        return FileError(
            f"{what} stands where {wanted} is expected",
            where=place(token.line),
            why=f"what begins in line {opened} is open" if len(self._open) > 1 else "",
        )


def _unquoted(text: str) -> str:
    if "\\" not in text:
        return text[1:-1]
    content = text[1:-1].encode("utf-8", "surrogatepass")
    return _ESCAPE.sub(_unescaped, content).decode("utf-8", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, other = match.groups()
    if other is not None:
        return _ESCAPED.get(other, other)
    return bytes([int(octal, 8) & 255 if octal else int(hexadecimal, 16)])


def written(message: Message) -> str:
    """The text of a message, which `parse` reads as the same fields."""
    return "\n".join(_lines(message, 0)) + "\n"


_MOST_IN_LINE = 2
"""Names of fields, several of one name or not, that stand in one line with their message."""
_WIDTH = 80


def _lines(message: Message, depth: int) -> Iterator[str]:
    """A line for each field; a message that was read nests no deeper than what is read."""
    indent = "  " * depth
    for field in message.fields:
        line = _line(field) if depth or isinstance(field.value, Word) else ""
        if isinstance(field.value, Word) or 0 < len(line) <= _WIDTH:
            yield f"{indent}{line}"
        else:
            yield f"{indent}{field.name} {{"
            yield from _lines(field.value, depth + 1)
            yield f"{indent}}}"


def _line(field: Field) -> str:
    """The field in one line; "" where its message has too many for that."""
    value = field.value
    if isinstance(value, Word):
        return f"{field.name}: {_quoted(value.text) if value.quoted else value.text}"
    inner = [_line(each) for each in value.fields[: _WIDTH // 2]]
    if len({each.name for each in value.fields}) > _MOST_IN_LINE or not all(inner):
        return ""
    return " ".join([field.name, "{", *inner, "}"])


def _quoted(text: str) -> str:
    content = text.encode("utf-8", "replace")
    plain = (chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\{b:03o}" for b in content)
    return f'"{"".join(plain)}"'
