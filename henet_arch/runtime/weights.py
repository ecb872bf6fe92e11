"""Trained weights as safetensors, with the spec and the training that they are of inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..dims import show
from ..errors import FileError, HenetArchError
from ..files import write_bytes
from ..graph import Graph
from ..spec import Spec
from .tensors import shapes_of, tensors_of

if TYPE_CHECKING:  # to read weights takes no PyTorch, which takes a second to import
    from torch import nn

_KEY = "henet_arch"
"""The one key of the metadata: safetensors writes several in any order."""


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
            if not np.issubdtype(values.dtype, np.floating) or not np.isfinite(values).all():
                raise FileError(f"{name} has values that are no finite numbers", fix="train anew")

    def load_into(self, module: nn.Module) -> None:
        """Give these values to the module of a graph that they were checked against."""
        import torch

        state = {name: torch.from_numpy(values) for name, values in self.tensors.items()}
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
    """Weights that `save_weights` wrote.

    Raises:
        FileError: the file is missing, damaged, or says no spec.
        SpecError: the spec inside is not valid.
    """
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
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
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} holds no weights that can be read: {error}") from None
    return Weights(spec, tensors, training)
