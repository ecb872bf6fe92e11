"""Trained weights as safetensors, with the spec and the training that they are of inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from ...ir.dims import show
from ...ir.graph import Graph
from ...spec.spec import Spec
from ...support.errors import FileError, HenetArchError
from ...support.files import write_bytes
from .stored import read_stored
from .tensors import shapes_of, tensors_of

if TYPE_CHECKING:  # to read weights takes no PyTorch, which takes a second to import
    from torch import nn

_KEY = "henet_arch"
"""The one key of the metadata: safetensors writes several in any order."""

_TYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U8": np.uint8,
}
"""The types of safetensors that numpy has, and that a network's state may have."""
_BFLOAT16 = "BF16"
FLOATS = ("float32", "float64", "float16", "bfloat16")
"""The types of weights that are read."""


@dataclass(frozen=True)
class Weights:
    """The tensors of a network as arrays, by state-dict key."""

    spec: Spec
    tensors: dict[str, NDArray[Any]]
    training: dict[str, Any]
    """The data set, its pixels' mean and std, and how it was trained."""

    def check(self, graph: Graph) -> None:
        """Refuse weights that are not of `graph`, before a module is made.

        Raises:
            FileError: a tensor is missing, of another shape or type, or has values without bounds.
        """
        wanted, found = tensors_of(graph), shapes_of(self.tensors)
        for name in (*wanted, *found):
            if wanted.get(name) != found.get(name):
                have, want = (show(of[name]) if name in of else "none" for of in (found, wanted))
                raise FileError(
                    f"the weights do not fit {graph.name}: {name} is {have}, and the network has "
                    f"{want}",
                    fix="the weights that were saved with this spec",
                )
            values = self.tensors[name]
            if not np.issubdtype(values.dtype, np.floating):
                raise FileError(
                    f"{name} has values of the type {values.dtype}, and weights are floats",
                    fix=f"weights in {', '.join(FLOATS)}",
                )
            if not np.isfinite(values).all():
                raise FileError(f"{name} has values that are no finite numbers", fix="train anew")

    def load_into(self, module: nn.Module) -> None:
        """Give these values to the module of a graph that they were checked against."""
        import torch

        state = {name: torch.from_numpy(self.tensors[name]) for name in shapes_of(self.tensors)}
        module.load_state_dict(state, strict=False)


def save_weights(path: Path, module: nn.Module, spec: Spec, training: dict[str, Any]) -> None:
    """Write the weights of `module`, whole or not at all.

    Raises:
        FileError: the file cannot be written.
    """
    state = module.state_dict()
    tensors = {name: t.detach().cpu().contiguous().numpy() for name, t in state.items()}
    said = {"spec": spec.model_dump(mode="json"), "training": training}
    write_bytes(path, save(tensors, {_KEY: json.dumps(said)}))


def read_weights(path: Path) -> Weights:
    """Weights that `save_weights` wrote, or that were converted to float16 or bfloat16 since.

    Both have fewer digits than float32, which holds each of their values exactly.

    Raises:
        FileError: the file is missing, damaged, of another type, or says no spec.
        SpecError: the spec inside is not valid.
    """
    try:
        content, metadata = read_stored(path)
        stored = deserialize(content)  # type: ignore[no-untyped-call]
        tensors = {name: _array(name, tensor) for name, tensor in stored}
        if _KEY not in metadata:
            raise FileError(
                f"{path} says no spec",
                why=f"its metadata has no {_KEY!r}",
                fix="the file weights.safetensors that henet-arch train leaves",
            )
        said = json.loads(metadata[_KEY])
        spec, training = Spec(**said["spec"]), dict(said["training"])
    except HenetArchError:
        raise
    except MemoryError:
        raise FileError(f"{path} holds weights that are too large for the memory") from None
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} holds no weights that can be read: {error!s:.300}") from None
    return Weights(spec, tensors, training)


def _array(name: str, stored: dict[str, Any]) -> NDArray[Any]:
    """A tensor as numpy has it; of fewer bits than float32, as float32.

    Raises:
        FileError: its type is none of a network's state.
    """
    kind, shape, content = stored["dtype"], stored["shape"], stored["data"]
    if kind == _BFLOAT16:  # the upper half of a float32
        return (np.frombuffer(content, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
    if kind not in _TYPES:
        raise FileError(
            f"{name:.99} has values of the type {kind}, which are not read",
            why="a conversion from fewer bits needs a scale, which the file does not have",
            fix=f"weights in {', '.join(FLOATS)}",
        )
    array = np.frombuffer(content, np.dtype(_TYPES[kind]).newbyteorder("<")).reshape(shape)
    return array.astype(np.float32) if kind == "F16" else array
