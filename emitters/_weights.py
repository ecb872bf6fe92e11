"""Weights as safetensors, with the network inside: what `load` reads, and PyTorch too."""

from __future__ import annotations

from ..importers.weights import weight_bytes
from ..ir.model import Model
from ..support.optional import need


def weights_of(model: Model) -> bytes:
    """The file of a model's weights, by state-dict key.

    Raises:
        ExtraError: safetensors is not installed.
    """
    numpy = need("numpy", "weights")
    tensors = {name: numpy.ascontiguousarray(a) for name, a in (model.weights or {}).items()}
    training = {"data": model.trained_on} if model.trained_on else {}
    return weight_bytes(tensors, model, training)
