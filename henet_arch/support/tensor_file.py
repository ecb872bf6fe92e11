"""Files of tensors (safetensors): the header at once, each tensor when it is asked for.

Source: https://huggingface.co/docs/safetensors, the format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import JSONDecodeError
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import FileError
from .files import opened, version_of
from .limits import LARGEST_WEIGHTS_FILE
from .optional import need
from .unique_keys import without_repeats

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LENGTH = 8
"""Bytes before the header that say how long it is."""
_LONGEST_HEADER = 100_000_000
"""The format's own bound."""
_METADATA = "__metadata__"
_NAMES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}
FLOATS = ("float32", "float64", "float16", "bfloat16")
"""The types of tensors that are read."""


class Entry(NamedTuple):
    """Where a tensor is, and of what type and shape."""

    type: str
    """The name of its type as numpy or PyTorch has it, or else as the file has it."""
    shape: tuple[int, ...]
    start: int
    end: int
    """Its bytes in the file, from `start` up to `end`."""


@dataclass(frozen=True)
class TensorFile:
    """A file of tensors whose header has been read."""

    path: Path
    entries: dict[str, Entry]
    metadata: dict[str, str]
    _version: tuple[int, ...] = field(repr=False)

    def read(self, name: str) -> NDArray[Any]:
        """The tensor `name`, of one of `FLOATS`; of fewer bits than float32, as float32.

        Raises:
            FileError: the file has changed since its header was read, or memory does not suffice.
            ExtraError: numpy is not installed.
        """
        entry = self.entries[name]
        try:
            content = bytearray(entry.end - entry.start)
            with opened(self.path, LARGEST_WEIGHTS_FILE) as file:
                unchanged = version_of(file) == self._version
                file.seek(entry.start)
                if not unchanged or file.readinto(content) < len(content):
                    raise FileError(f"{self.path} has changed since it was opened")
            return _array(entry, content)
        except MemoryError:
            raise FileError(f"{self.path} holds {name}, too large for the memory") from None


def read_header(path: Path) -> TensorFile:
    """The file as its header describes it; the tensors are read later.

    Raises:
        FileError: it is missing, not a regular file, empty, or too large.
        ValueError: it has no header, one that is not valid, or ends too early; the error says so.
    """
    with opened(path, LARGEST_WEIGHTS_FILE) as file:
        version = version_of(file)
        start = file.read(_LENGTH)
        length = int.from_bytes(start, "little")
        if len(start) < _LENGTH or not 2 <= length <= _LONGEST_HEADER:
            raise ValueError("it is no safetensors file, which begins with a header")
        content = file.read(length)
    if len(content) < length:
        raise ValueError(
            f"it is cut off: its header has {length:,} bytes, of which there are {len(content):,}"
        )
    with _damage():
        header = json.loads(content, object_pairs_hook=without_repeats)
        metadata = dict(header.pop(_METADATA, {}))
        first = _LENGTH + length
        entries = {name: _entry(name, record, first) for name, record in header.items()}
    _check_places(entries, first, version[0])
    return TensorFile(path, entries, metadata, version)


@contextmanager
def _damage() -> Iterator[None]:
    """What a header that is no table of tensors makes of its readers, as one sentence."""
    try:
        yield
    except (JSONDecodeError, UnicodeError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("its header is damaged") from None


def is_tensor_file(start: bytes) -> bool:
    """Whether a file that begins so is one of tensors."""
    length = int.from_bytes(start[:_LENGTH], "little")
    return 2 <= length <= _LONGEST_HEADER and start[_LENGTH : _LENGTH + 2] in (b'{"', b"{}")


def _entry(name: str, record: Any, first: int) -> Entry:
    shape, (start, end) = record["shape"], record["data_offsets"]
    if not all(type(n) is int and n >= 0 for n in (*shape, start, end)):
        raise ValueError(f"{name:.99} has a size that is no whole number")
    kind = _NAMES.get(record["dtype"], record["dtype"])
    if not isinstance(kind, str):
        raise ValueError(f"{name:.99} has no type")
    if kind in FLOATS and end - start != prod(shape) * _item_bytes(kind):
        raise ValueError(f"{name:.99} has {end - start} bytes, which are not those of its shape")
    return Entry(kind, tuple(shape), first + start, first + end)


def _check_places(entries: dict[str, Entry], first: int, size: int) -> None:
    """Refuse tensors that leave a hole, overlap, or end elsewhere than the file."""
    end = first
    for name, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
        if entry.start != end or entry.end < end:
            raise ValueError(f"{name:.99} does not begin where the tensor before it ends")
        end = entry.end
    if end != size:
        fault = "it is cut off" if end > size else "more follows"
        raise ValueError(f"{fault}: its tensors end at byte {end:,}, and the file at {size:,}")


def _item_bytes(kind: str) -> int:
    return 2 if kind == "bfloat16" else int(kind.removeprefix("float")) // 8


def _array(entry: Entry, content: bytearray) -> NDArray[Any]:
    np = need("numpy", "weights")
    if entry.type == "bfloat16":  # the upper half of a float32
        values = (np.frombuffer(content, "<u2").astype("<u4") << 16).view("<f4")
    else:
        values = np.frombuffer(content, np.dtype(entry.type).newbyteorder("<"))
    array: NDArray[Any] = values.reshape(entry.shape)
    return array.astype(np.float32) if entry.type == "float16" else array
