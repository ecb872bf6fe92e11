"""Weights as safetensors, with the network inside: what `load` reads, and PyTorch too."""

from __future__ import annotations

from typing import Any

from ..importers.weights import weight_bytes
from ..ir.model import Model
from ..support.optional import need


def weights_of(model: Model) -> bytes:
    """The file of a model's weights, by state-dict key.

    Raises:
        ExtraError: safetensors is not installed.
    """
    numpy = need("numpy", "torch")
    tensors = {name: numpy.ascontiguousarray(a) for name, a in (model.weights or {}).items()}
    return weight_bytes(tensors, model, _training(model))


def _training(model: Model) -> dict[str, Any]:
    """What is known of the images that the weights are for."""
    known: dict[str, Any] = {}
    if model.trained_on:
        known["data"] = model.trained_on
    if model.class_names:
        known["classes"] = model.class_names
    if pixels := model.preprocessing:
        known["pixels"] = {"mean": pixels.mean, "std": pixels.std}
    return known
