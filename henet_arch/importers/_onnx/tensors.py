"""Tensors of an ONNX file, in it or beside it, as constants."""

from __future__ import annotations

import os
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...support.errors import FileError
from ...support.files import opened
from ...support.limits import LARGEST, LARGEST_WEIGHTS_FILE
from ...support.optional import need
from .constant import SMALL, Constant, held
from .text import require_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIGHEST_RANK = 32
"""Axes of a tensor; numpy had so many at most."""
TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    8: "string", 9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64",
    14: "complex64", 15: "complex128", 16: "bfloat16",
}  # fmt: skip
"""By the number that ONNX has for them; those of fewer bits are read by `onnx` alone."""
_BYTES = {
    "float32": 4, "uint8": 1, "int8": 1, "uint16": 2, "int16": 2, "int32": 4, "int64": 8,
    "bool": 1, "float16": 2, "float64": 8, "uint32": 4, "uint64": 8, "complex64": 8,
    "complex128": 16, "bfloat16": 2,
}  # fmt: skip
_EXTERNAL = 1
"""The location of data that lie in a file of their own."""


def type_name(number: int) -> str:
    """The name of a type of elements; "" for an unknown one."""
    if number in TYPES:
        return TYPES[number]
    kinds = need("onnx", "onnx").TensorProto.DataType
    return str(kinds.Name(number)).lower() if number in kinds.values() else ""


def data_files(model: Any, folder: Path) -> tuple[str, ...]:
    """The files of their own in which tensors of a ModelProto lie, that is read from `folder`."""
    entries = (
        entry
        for tensor in model.graph.initializer
        if tensor.data_location == _EXTERNAL
        for entry in tensor.external_data
    )
    names = dict.fromkeys(entry.value for entry in entries if entry.key == "location")
    return tuple(str(folder / name) for name in names)


class Tensors:
    """Makes constants of the tensors in one file.

    Args:
        folder: Where the file lies; data outside the file are read from below this folder alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def constant(self, tensor: Any, what: str) -> Constant:
        """The tensor, whose elements are read later.

        Args:
            tensor: A TensorProto.
            what: What messages call it.

        Raises:
            FileError: its shape, its type or its place cannot be, or the data are missing.
        """
        shape, type_ = _shape(tensor, what), type_name(tensor.data_type)
        if not type_:
            raise FileError(f"{what} has elements of no known type")
        if tensor.data_location == _EXTERNAL:
            read = self._outside(tensor, shape, type_, what)
        else:
            _check_length(tensor, shape, type_, what)
            read = _inside(tensor, type_, what)
        if prod(shape) <= SMALL:
            return held(read(), type_)
        return Constant(shape, type_, read, key=object())

    def _outside(
        self, tensor: Any, shape: tuple[int, ...], type_: str, what: str
    ) -> Callable[[], NDArray[Any]]:
        """What reads a tensor from a file beside the model's."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        require_text(*entries, *entries.values())
        path = self._beside(entries.get("location", ""), what)
        start = _number(entries.get("offset", "0"), what)
        wanted = prod(shape) * _BYTES.get(type_, 0)
        length = _number(entries.get("length", str(wanted)), what)
        if type_ not in _BYTES or length != wanted:
            raise FileError(f"{what} has {length} bytes in {path.name}, which are not its shape's")
        with opened(path, LARGEST_WEIGHTS_FILE) as file:
            size = os.fstat(file.fileno()).st_size
        if start + length > size:
            raise FileError(
                f"{what} ends at byte {start + length:,} of {path.name}, which has {size:,}",
                fix="the file of data that belongs to this model",
            )

        def read() -> NDArray[Any]:
            with opened(path, LARGEST_WEIGHTS_FILE) as file:
                file.seek(start)
                content = file.read(length)
            if len(content) < length:
                raise FileError(f"{path} has become shorter since the model was read")
            return _elements(content, type_).reshape(shape)

        return read

    def _beside(self, location: str, what: str) -> Path:
        """The file of data of that name, which must lie below the model's folder.

        Raises:
            FileError: it lies elsewhere, by its name or by a link.
        """
        folder = self._folder.resolve()
        try:
            path = (folder / location).resolve()
            inside = location and path.is_relative_to(folder) and path != folder
        except (OSError, ValueError, RuntimeError):  # a NUL, or links in a circle
            inside = False
        if not inside:
            raise FileError(
                f"{what} has its data in {location!r:.99}, outside the folder of the model",
                why="a model reads no file but its own",
                fix="keep the data beside the model",
            )
        return path


def _shape(tensor: Any, what: str) -> tuple[int, ...]:
    shape = tuple(tensor.dims)
    if len(shape) > HIGHEST_RANK or any(not 0 <= n <= LARGEST for n in shape):
        raise FileError(f"{what} has the shape {shape!r:.99}, which no tensor has")
    return shape


def _check_length(tensor: Any, shape: tuple[int, ...], type_: str, what: str) -> None:
    """Refuse a tensor that says more or fewer elements than it has."""
    count = prod(shape)
    if type_ in _BYTES and (tensor.raw_data or not count):
        fits = len(tensor.raw_data) == count * _BYTES[type_]
    else:
        fields = ("float_data", "int32_data", "string_data", "int64_data", "double_data",
                  "uint64_data")  # fmt: skip
        stored = max(len(getattr(tensor, name)) for name in fields)
        parts = 2 if type_.startswith("complex") else 1
        whole = type_ in _BYTES or type_ == "string"
        fits = stored == parts * count if whole else count <= 8 * max(stored, len(tensor.raw_data))
    if not fits:
        raise FileError(f"{what} has another number of elements than {count:,}, those of its shape")


def _inside(tensor: Any, type_: str, what: str) -> Callable[[], NDArray[Any]]:
    """What reads a tensor that the file holds itself."""

    def read() -> NDArray[Any]:
        np = need("numpy", "onnx")
        try:
            if tensor.raw_data and type_ in _BYTES:
                return _elements(tensor.raw_data, type_).reshape(tuple(tensor.dims))
            values = need("onnx", "onnx").numpy_helper.to_array(tensor)
        except (ValueError, TypeError, AttributeError, NotImplementedError) as error:
            raise FileError(f"{what} cannot be read: {error!s:.200}") from None
        array: NDArray[Any] = np.asarray(values)
        known = array.dtype.kind in "biufc" or type_ == "string"
        return array if known else array.astype(np.float32)

    return read


def _elements(content: bytes, type_: str) -> NDArray[Any]:
    """The elements of a type of whole bytes, little end first."""
    np = need("numpy", "onnx")
    if type_ == "bfloat16":  # the upper half of a float32
        upper: NDArray[Any] = np.frombuffer(content, "<u2").astype("<u4") << 16
        return upper.view("<f4")
    values: NDArray[Any] = np.frombuffer(content, np.dtype(type_).newbyteorder("<"))
    return values


def _number(text: str, what: str) -> int:
    """A count of bytes in decimal digits."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise FileError(f"{what} has its data at {text!r:.99}, which is no count of bytes")
    return int(text)
