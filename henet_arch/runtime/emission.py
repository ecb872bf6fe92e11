"""Emits a model; weights that a target needs and the model does not have are drawn at random."""

from __future__ import annotations

from ..emitters import Emitted, Target
from ..ir.model import Model


def emit(model: Model, target: Target) -> Emitted:
    """The files that `target` writes for `model`.

    Raises:
        EmitError: the target cannot express a layer, a name or a size.
        ExtraError: weights are drawn, and numpy is not installed.
    """
    if target.initial_weights and model.weights is None:
        from .initial import drawn

        model = drawn(model, target.initial_weights)
    return Emitted(target, target.emit(model))
