"""Trained weights as safetensors, with the spec and the training that they are of inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ..errors import FileError, HenetArchError
from ..files import write_bytes
from ..spec import Spec

_KEY = "henet_arch"
"""The one key of the metadata: safetensors writes several in any order."""


@dataclass(frozen=True)
class Weights:
    """The tensors of a network, by state-dict key."""

    spec: Spec
    tensors: dict[str, Tensor]
    training: dict[str, Any]
    """The data set, its pixels' mean and std, and how it was trained."""

    def load_into(self, module: nn.Module) -> None:
        """Give `module` these values.

        Raises:
            FileError: a tensor is missing, of another shape, or not of this network.
        """
        wanted = module.state_dict()
        for name in (*wanted, *self.tensors):
            have = [tuple(of[name].shape) for of in (self.tensors, wanted) if name in of]
            if len(have) < 2 or have[0] != have[1]:
                side = "is missing" if name not in self.tensors else "is not of this network"
                said = side if len(have) < 2 else f"is {have[0]}, and the network has {have[1]}"
                raise FileError(
                    f"the weights do not fit {self.spec.title}: {name} {said}",
                    fix="the weights that were saved with this spec",
                )
        module.load_state_dict(self.tensors)


def save_weights(path: Path, module: nn.Module, spec: Spec, training: dict[str, Any]) -> None:
    """Write the weights of `module`, whole or not at all.

    Raises:
        FileError: the file cannot be written.
    """
    tensors = {name: t.detach().cpu().contiguous() for name, t in module.state_dict().items()}
    said = {"spec": spec.model_dump(mode="json"), "training": training}
    write_bytes(path, save(tensors, {_KEY: json.dumps(said)}))


def read_weights(path: Path) -> Weights:
    """Weights that `save_weights` wrote.

    Raises:
        FileError: the file is missing, damaged, or says no spec.
        SpecError: the spec inside is not valid.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if _KEY not in metadata:
            raise FileError(
                f"{path} says no spec", why=f"its metadata has no {_KEY!r}", fix="henet-arch train"
            )
        said = json.loads(metadata[_KEY])
        spec, training = Spec(**said["spec"]), dict(said["training"])
    except HenetArchError:
        raise
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} holds no weights that can be read: {error}") from None
    return Weights(spec, tensors, training)
