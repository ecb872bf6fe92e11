"""Trained weights between a module and a file that says what network they are of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...importers.weights import weight_bytes
from ...ir.model import Model
from ...support.files import write_bytes


def save_weights(path: Path, module: nn.Module, model: Model, training: dict[str, Any]) -> None:
    """Write the weights of `module`, whole or not at all, as safetensors.

    Args:
        path: The file, which `henet_arch.load` reads.
        module: The emitted module of the model's graph.
        model: The network, which goes into the file with its spec where it has one, its
            preprocessing and its classes.
        training: How it was trained: the data set, the settings.

    Raises:
        FileError: the file cannot be written.
    """
    state = module.state_dict()
    tensors = {name: t.detach().cpu().contiguous().numpy() for name, t in state.items()}
    write_bytes(path, weight_bytes(tensors, model, training))


def load_into(module: nn.Module, weights: Mapping[str, Any]) -> None:
    """Give `module` the weights of its graph, arrays by parameter name."""
    state = {name: torch.from_numpy(values) for name, values in weights.items()}
    module.load_state_dict(state, strict=False)
