"""The blobs of a caffemodel: their shapes at once, their numbers when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...support.errors import FileError
from ...support.files import check_unchanged, opened, version_of
from ...support.limits import LARGEST, LARGEST_WEIGHTS_FILE
from ...support.optional import need
from .schema import LAYERS, LEGACY, NUMBERS, RAW, SHAPE, LayerFields
from .wire import BYTES, EIGHT, FOUR, VARINT, Span, Wire, WireField, in_caffemodel

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS = ".caffemodel"
"""The ending of files with weights."""
_MOST_AXES = 32
"""Axes of a blob; Caffe's own bound."""
_MOST_DIMS_BYTES = 10 * _MOST_AXES
_LONGEST_NAME = 10_000
_WIDTHS = {"float": (FOUR, 4), "double": (EIGHT, 8)}
"""How a number is written that is not packed, and its bytes."""


class Numbers(NamedTuple):
    """Numbers one after the other in the file."""

    start: int
    length: int
    bytes: int
    """Of each: 4 or 8."""
    step: int
    """Bytes from one to the next: one more than it has where they are not packed."""


@dataclass
class Blob:
    """One array of a layer."""

    dims: list[int] | None = None
    legacy: dict[int, int] = field(default_factory=dict)
    """num, channels, height and width by their field's number."""
    numbers: list[Numbers] = field(default_factory=list)
    raw: bool = False
    """Whether its numbers are written in a way of NVIDIA's Caffe alone."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes, as the file says them."""
        if self.dims is not None and not self.legacy:
            return tuple(self.dims)
        return tuple(self.legacy.get(number, 0) for number in LEGACY) if self.legacy else ()

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return sum(numbers.length for numbers in self.numbers)


@dataclass(frozen=True)
class Caffemodel:
    """A file of weights whose structure has been read."""

    path: Path
    layers: dict[str, list[Blob]]
    """The blobs of each layer that has any, by its name."""
    _version: tuple[int, ...] = field(repr=False)

    def read(self, blob: Blob) -> NDArray[Any]:
        """The numbers of a blob as float32 or float64, in one row.

        Raises:
            FileError: the file has changed since, or memory does not suffice.
            ExtraError: numpy is not installed.
        """
        np = need("numpy", "weights")
        try:
            with opened(self.path, LARGEST_WEIGHTS_FILE) as file:
                check_unchanged(self.path, file, self._version)
                rows = [_read(np, file, numbers) for numbers in blob.numbers]
            array: NDArray[Any] = rows[0] if len(rows) == 1 else np.concatenate(rows)
        except MemoryError:
            raise FileError(f"{self.path} has a blob too large for the memory") from None
        return array


def read_caffemodel(path: Path) -> Caffemodel:
    """The blobs of a file by their layers.

    Raises:
        FileError: it is missing, too large, or no file of that format.
    """
    with opened(path, LARGEST_WEIGHTS_FILE) as file, in_caffemodel(path):
        version = version_of(file)
        layers = dict(_layers(Wire(file, version[0])))
    if not layers:
        raise FileError(f"{path} holds no blobs", fix="a caffemodel, as Caffe saves weights")
    return Caffemodel(path, layers, version)


def _layers(wire: Wire) -> Iterator[tuple[str, list[Blob]]]:
    for each in wire.fields(wire.whole):
        if each.kind == BYTES and each.number in LAYERS:
            name, blobs = _layer(wire, each.span, LAYERS[each.number])
            if blobs:
                yield name, blobs


def _layer(wire: Wire, span: Span, numbers: LayerFields) -> tuple[str, list[Blob]]:
    name, blobs = "", []
    for each in wire.fields(span):
        if each.number == numbers.name and each.kind == BYTES:
            name = wire_text(wire, each)
        elif each.number == numbers.blobs and each.kind == BYTES:
            blobs.append(_blob(wire, each.span))
    return name, blobs


def wire_text(wire: Wire, each: WireField) -> str:
    """The text of a field, cut where it is longer than any name."""
    start, end = each.span
    return wire.read(Span(start, min(end, start + _LONGEST_NAME))).decode("utf-8", "replace")


def _blob(wire: Wire, span: Span) -> Blob:
    blob = Blob()
    at = span.start
    while at < span.end:
        each = wire.first(Span(at, span.end))
        at = each.span.end
        if each.kind == VARINT and each.number <= len(LEGACY):
            blob.legacy[each.number] = _size(each.value)
        elif each.kind == BYTES and each.number == SHAPE:
            blob.dims = _dims(wire, each.span)
        elif each.number in NUMBERS:
            at = _add_numbers(wire, each, span, blob)
        elif each.number == RAW:
            blob.raw = True
    return blob


def _add_numbers(wire: Wire, each: WireField, within: Span, blob: Blob) -> int:
    """Enter what a field of numbers holds; where the next field begins."""
    kind, width = _WIDTHS[NUMBERS[each.number]]
    start, end = each.span
    if each.kind == BYTES:
        if (end - start) % width:
            raise FileError(f"{end - start:,} bytes hold no numbers of {width} bytes")
        blob.numbers.append(Numbers(start, (end - start) // width, width, width))
        return end
    if each.kind != kind:
        raise FileError(f"byte {start:,} begins no number of {width} bytes")
    count = wire.repeats(each, within)
    blob.numbers.append(Numbers(start, count, width, width + 1))
    return start + count * (width + 1) - 1


def _dims(wire: Wire, span: Span) -> list[int]:
    dims: list[int] = []
    for each in wire.fields(span):
        start, end = each.span
        if each.number == 1 and end - start <= _MOST_DIMS_BYTES:
            values = wire.varints(each.span) if each.kind == BYTES else [each.value]
            dims += map(_size, values)
        if len(dims) > _MOST_AXES or end - start > _MOST_DIMS_BYTES:
            raise FileError(f"a blob has more than {_MOST_AXES} axes")
    return dims


def _size(value: int) -> int:
    if value > LARGEST:
        raise FileError(f"a blob has a size of {value:,}, beyond {LARGEST:,}")
    return value


def _read(np: Any, file: BufferedReader, numbers: Numbers) -> NDArray[Any]:
    """The numbers of one stretch of the file."""
    content = bytearray(numbers.length * numbers.step - (numbers.step - numbers.bytes))
    file.seek(numbers.start)
    if file.readinto(content) < len(content):
        raise FileError("the file ends within a blob")
    array: NDArray[Any] = np.ndarray(
        (numbers.length,), f"<f{numbers.bytes}", content, strides=(numbers.step,)
    )
    packed: NDArray[Any] = np.ascontiguousarray(array)
    return packed
