"""The binary format of protobuf, written.

Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from ...importers._caffe.wire import BYTES, VARINT


def varint(number: int) -> bytes:
    """A number of variable length, seven bits in each byte, the lowest first."""
    content = bytearray()
    while number > 127:
        content.append(number & 127 | 128)
        number >>= 7
    return bytes([*content, number])


def field(tag: int, *content: bytes) -> bytes:
    """The field `tag` of bytes, such as a text, a packed list or a message of these fields."""
    length = sum(map(len, content))
    return b"".join((varint(tag << 3 | BYTES), varint(length), *content))


def number(tag: int, value: int) -> bytes:
    """The field `tag` with one whole number."""
    return varint(tag << 3 | VARINT) + varint(value)
