"""What a training starts from: a network whose weights are all there, or that has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..ir.model import Model
from ..ir.tensors import tensors_of
from ..runtime.torch.module import to_torch
from ..weights.fine_tuning import classifier_title
from ..weights.matched import CombinedWeights


def completed(model: Model, say: Callable[[str], None]) -> Model:
    """The network with the weights that it lacks drawn, as PyTorch's generator stands.

    Args:
        model: The network, without weights or with all but those of its classifier.
        say: Told what is drawn.
    """
    names, weights = tensors_of(model.graph), model.weights
    missing = [] if weights is None else [name for name in names if name not in weights]
    if weights is None or not missing:
        return model
    say(f"{classifier_title(missing)} begins anew: the weights have none of its shape")
    state = to_torch(replace(model, weights=None)).state_dict()
    drawn = {name: state[name].numpy() for name in missing}
    return replace(model, weights=CombinedWeights(names, weights, drawn))
