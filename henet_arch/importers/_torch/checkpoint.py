"""The state dict in a file that `torch.save` has written, read as weights and nothing else.

PyTorch's reader of weights (`weights_only=True`) runs no code of the file. Before it begins, what
would take more memory than the file has is refused.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ...support.errors import FileError, HenetArchError
from ...support.files import check_unchanged, opened, version_of
from ...support.limits import LARGEST_GRAPH_FILE, LARGEST_WEIGHTS_FILE
from ...weights.tensors import Tensors, array_of, entry_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ARCHIVE = b"PK"
_PLACES = ("state_dict", "model_state_dict", "model")
"""Where checkpoints have it, the usual places before others."""
_FIX = "torch.save(module.state_dict(), 'weights.pt')"
_ALLOCATES = b"bytearray\n"
"""What the reader of weights would make of any size."""
_CHUNK = 1 << 20
_NAMED = r"GLOBAL (\S+) was not|unsupported GLOBAL (\S+) whose|function (\S+)"
"""How that reader says what it refuses."""


def read_checkpoint(path: Path) -> Tensors:
    """The tensors of a state dict, each read when it is asked for.

    It is the file's whole content, or lies in a dict beside other things, which are left out.

    Raises:
        FileError: the file is damaged, holds code or other things than tensors, or no state dict.
    """
    try:
        with opened(path, LARGEST_WEIGHTS_FILE) as file:
            version = version_of(file)
            is_archive = file.peek(2).startswith(_ARCHIVE)
            (_check_archive if is_archive else _check_stream)(path, file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=is_archive)
    except HenetArchError:
        raise
    except Exception as error:  # whatever a damaged file makes of it
        raise _unreadable(path, error) from None
    place, state = _state(path, content)
    entries = {name: entry_of(value) for name, value in state.items()}
    notes = (f"the state dict is what {path} has under {place!r:.99}",) if place else ()
    return Tensors(str(path), entries, partial(_read, path, version, state), True, notes)


def _check_archive(path: Path, file: BufferedReader) -> None:
    """Refuse an archive that would be larger in memory, or holds a program."""
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if any(info.filename.endswith("/constants.pkl") for info in infos):
            raise FileError(f"{path} holds a program of TorchScript", fix=_FIX)
        if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
            raise FileError(
                f"{path} holds compressed data, which torch.save never writes", fix=_FIX
            )
        for info in infos:
            if not info.filename.endswith("/data.pkl"):
                continue
            if info.file_size > LARGEST_GRAPH_FILE:
                raise FileError(
                    f"{path} describes its tensors in {info.file_size:,} bytes", fix=_FIX
                )
            if _ALLOCATES in archive.read(info):
                raise _code(path, "bytearray")


def _check_stream(path: Path, file: BufferedReader) -> None:
    """The same for a file of before PyTorch 1.6."""
    end = b""
    while chunk := file.read(_CHUNK):
        if _ALLOCATES in end + chunk:
            raise _code(path, "bytearray")
        end = chunk[-len(_ALLOCATES) :]


def _unreadable(path: Path, error: Exception) -> FileError:
    """The error for what PyTorch cannot read, or refuses to."""
    is_refusal = type(error).__name__ == "UnpicklingError"
    if is_refusal and (found := re.search(_NAMED, str(error))):
        return _code(path, next(filter(None, found.groups())))
    if isinstance(error, MemoryError) or "memory" in str(error):
        why = "it is too large for the memory"
    else:  # others speak of the reader, or advise to run what the file says
        why = "it is cut off or damaged, or torch.save has not written it"
    return FileError(f"{path} holds no weights that can be read", why=why, fix=_FIX)


def _code(path: Path, name: str) -> FileError:
    return FileError(
        f"{path} holds more than tensors: {name:.99}",
        why="to read that is to run what the file says, and no code of a file is run",
        fix=f"{_FIX}, where the file can be trusted",
    )


def _state(path: Path, content: object) -> tuple[str, dict[str, Tensor]]:
    """The state dict of a file, and where it is in it; "" where it is all."""
    if _has_tensors(content):
        return "", _checked(path, content)
    inside = content if isinstance(content, Mapping) else {}
    places = [key for key, value in inside.items() if isinstance(key, str) and _has_tensors(value)]
    usual = [place for place in _PLACES if place in places]
    if len(places) > 1 and not usual:
        raise FileError(
            f"{path} has several state dicts: {', '.join(places)[:200]}",
            fix=f"one of them alone: torch.save(checkpoint[{places[0]!r:.99}], 'weights.pt')",
        )
    if not places:
        kind = type(content).__name__
        raise FileError(f"{path} holds {kind}, and no tensors by name in it", fix=_FIX)
    place = (usual or places)[0]
    return place, _checked(path, inside[place])


def _has_tensors(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(item, Tensor) for item in value.values())


def _checked(path: Path, state: Any) -> dict[str, Tensor]:
    """A state dict of which all is plain tensors.

    Raises:
        FileError: something is not.
    """
    for name, value in state.items():
        plain = type(value) in (Tensor, nn.Parameter) and value.layout == torch.strided
        if not isinstance(name, str) or not plain or value.is_quantized or value.is_meta:
            kind = value.type() if isinstance(value, Tensor) else type(value).__name__
            raise FileError(
                f"{name!r:.99} is no plain tensor, but {kind}", where=str(path), fix=_FIX
            )
    return dict(state)


def _read(
    path: Path, version: tuple[int, ...], state: Mapping[str, Tensor], name: str
) -> NDArray[Any]:
    with opened(path, LARGEST_WEIGHTS_FILE) as file:
        check_unchanged(path, file, version)
    return array_of(state[name])
