"""A `.pt2` file, as `torch.export.save` writes it, as a trace.

PyTorch's own reader evaluates text from the file and falls back to pickle. This one reads the
archive's JSON and the raw numbers, and executes nothing.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ...support.errors import FileError, HenetArchError
from ...support.files import opened
from ...support.limits import LARGEST_GRAPH_FILE, LARGEST_WEIGHTS_FILE
from .saved_program import SavedProgram
from .trace import Trace

_FIX = "a file that torch.export.save has written with PyTorch 2.9 or newer"
_TYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32",
    8: "float64", 12: "bool", 13: "bfloat16",
}  # fmt: skip
"""By the numbers of PyTorch's schema."""


def read_archive(path: Path) -> Trace:
    """The operators of a `.pt2` file; its tensors are read when they are asked for.

    Raises:
        FileError: the file is damaged, from an older PyTorch, or has pickled objects inside.
    """
    try:
        with opened(path, LARGEST_WEIGHTS_FILE) as file, zipfile.ZipFile(file) as archive:
            return _read(path, archive)
    except HenetArchError:
        raise
    except Exception as error:  # whatever a damaged file makes of it
        raise damaged(path, error) from None


def damaged(path: Path, error: Exception) -> FileError:
    """The error for a file that is not what it says."""
    why = "it is cut off or damaged, or torch.export.save has not written it"
    if not isinstance(error, zipfile.BadZipFile):
        why = f"{type(error).__name__}: {error}"[:200]
    return FileError(f"{path} holds no program of PyTorch", where=str(path), why=why, fix=_FIX)


def _read(path: Path, archive: zipfile.ZipFile) -> Trace:
    entries = {info.filename: info for info in archive.infolist()}
    models = [name for name in entries if name.count("/") == 2 and "/models/" in name]
    if len(models) != 1 or not models[0].endswith(".json"):
        raise FileError(
            f"{path} has no program inside", where=str(path), why="no models/*.json", fix=_FIX
        )
    root, _, file = models[0].partition("/models/")
    name = file.removesuffix(".json")
    tensors = {
        key: _Stored(path, f"{root}/data/{folder}", key, entry)
        for folder in ("weights", "constants")
        for key, entry in _config(archive, entries, f"{root}/data/{folder}/{name}_{folder}").items()
    }
    if any(tensor.is_pickled for tensor in tensors.values()):
        raise FileError(
            f"{path} has pickled objects inside",
            where=str(path),
            why="to read them is to run them",
            fix="a network whose weights are plain tensors",
        )
    program = _json(archive, entries, models[0])
    return SavedProgram(program, tensors, _TYPES, path.stem).trace()


def _config(
    archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], stem: str
) -> Mapping[str, Any]:
    name = f"{stem}_config.json"
    config: Mapping[str, Any] = _json(archive, entries, name)["config"] if name in entries else {}
    return config


def _json(
    archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], name: str
) -> dict[str, Any]:
    with archive.open(entries[name]) as file:
        text = file.read(LARGEST_GRAPH_FILE + 1)
    if len(text) > LARGEST_GRAPH_FILE:
        raise FileError(f"{name} is larger than {LARGEST_GRAPH_FILE} bytes", where=name)
    values = json.loads(text)
    if not isinstance(values, dict):
        raise FileError(f"{name} is no object", where=name)
    return values


class _Stored:
    """A tensor of the file, by what its configuration says of it."""

    def __init__(self, path: Path, folder: str, key: str, entry: Mapping[str, Any]) -> None:
        self.is_pickled = bool(entry["use_pickle"]) or entry["tensor_meta"] is None
        self._path = path
        self._name = f"{folder}/{entry['path_name']}"
        self.key = key
        self.is_parameter = bool(entry["is_param"])
        meta = entry["tensor_meta"] or {}
        self.type = _TYPES.get(meta.get("dtype", 0), "")
        self.shape = tuple(_whole(size) for size in meta.get("sizes", ()))
        self._strides = tuple(_whole(size) for size in meta.get("strides", ()))
        self._offset = _whole(meta["storage_offset"]) if meta else 0

    @property
    def same(self) -> tuple[Any, ...]:
        """Equal for tensors that are one."""
        return (self._name, self.shape, self._strides, self._offset)

    def reader(self) -> Any:
        """What gives the tensor."""
        return partial(
            _tensor, self._path, self._name, self.type, self.shape, self._strides, self._offset
        )


def _whole(size: Mapping[str, Any]) -> int:
    value = size["as_int"]
    if not isinstance(value, int) or not 0 <= value < 2**40:
        raise ValueError(f"{value!r:.50} is no size")
    return value


def _tensor(
    path: Path,
    name: str,
    type_: str,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
) -> Any:
    """A tensor of the file.

    Raises:
        FileError: it is not there, or has fewer numbers than it says.
    """
    import torch

    kind = getattr(torch, type_ or "float32")
    reach = offset + 1 + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
    needed = 0 if 0 in shape else reach * torch.empty(0, dtype=kind).element_size()
    try:
        with opened(path) as file, zipfile.ZipFile(file) as archive:
            info = archive.getinfo(name)
            if info.file_size < needed or info.compress_type != zipfile.ZIP_STORED or not type_:
                raise ValueError(f"{info.file_size} bytes, where {needed} are needed")
            data = bytearray(archive.read(info))
    except HenetArchError:
        raise
    except Exception as error:
        raise FileError(
            f"the tensor {name:.99} cannot be read",
            where=str(path),
            why=f"{type(error).__name__}: {error}"[:200],
            fix=_FIX,
        ) from None
    if not data:
        return torch.empty(shape, dtype=kind)
    return torch.frombuffer(data, dtype=kind).as_strided(shape, strides, offset)
