"""Training states as safetensors: the tensors, and everything else as JSON beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lightning.pytorch.plugins.io import CheckpointIO
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ...importers.weights import STATE
from ...support.errors import FileError
from ...support.files import read_bytes, write_bytes
from ...support.limits import LARGEST_WEIGHTS_FILE
from ...support.tensor_file import read_header

_ANEW = "train anew into another folder"


def pack(tree: object, tensors: dict[str, Tensor]) -> object:
    """`tree` as JSON values; its tensors go to `tensors`."""
    if isinstance(tree, Tensor):
        name = str(len(tensors))
        tensors[name] = tree.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(tree, dict):
        return {"dict": [[key, pack(value, tensors)] for key, value in tree.items()]}
    if isinstance(tree, (list, tuple)):
        return {"list": [pack(value, tensors) for value in tree]}
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return tree
    raise TypeError(f"a checkpoint cannot hold a {type(tree).__name__}")


def unpack(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """The inverse of `pack`."""
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind in ("tensor", "channels_last"):  # the latter in checkpoints of earlier versions
        return tensors[content]
    if kind == "list":
        return [unpack(value, tensors) for value in content]
    return {key: unpack(value, tensors) for key, value in content}


def write(path: Path, state: dict[str, Any]) -> None:
    """Write a state whole or not at all.

    Raises:
        FileError: it cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    text = json.dumps(pack(state, tensors))
    write_bytes(path, save(tensors, {STATE: text}))


def read(path: Path) -> dict[str, Any]:
    """A state that `write` wrote.

    Raises:
        FileError: it is missing or damaged.
    """
    try:
        metadata = read_header(path).metadata
        tensors = load(read_bytes(path, LARGEST_WEIGHTS_FILE))
        state = unpack(json.loads(metadata[STATE]), tensors)
    except (
        *(SafetensorError, ValueError, KeyError, TypeError),
        *(RuntimeError, RecursionError, MemoryError),
    ) as error:
        raise FileError(
            f"{path} is no checkpoint that can be read: {error!s:.300}", fix=_ANEW
        ) from None
    if not isinstance(state, dict):
        raise FileError(f"{path} is no checkpoint: it holds a {type(state).__name__}", fix=_ANEW)
    return state


class SafeCheckpoints(CheckpointIO):
    """Lightning's checkpoints in this form, so that none is ever unpickled."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        write(Path(path), checkpoint)

    def load_checkpoint(
        self, path: Any, map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        return read(Path(path))

    def remove_checkpoint(self, path: Any) -> None:
        Path(path).unlink(missing_ok=True)
