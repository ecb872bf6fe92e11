"""What a training starts from: a network whose weights are all there, or that has none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..ir.classifier import classifier_tensors
from ..ir.model import Model
from ..ir.tensors import tensors_of
from ..runtime.torch.module import to_torch
from ..weights.matched import CombinedWeights
from ..weights.notes import classifier_title


def completed(model: Model, classes: Sequence[str], say: Callable[[str], None]) -> Model:
    """The network with what has to be drawn of its weights, as PyTorch's generator stands.

    That is a classifier which it lacks, or which is of other classes.

    Args:
        model: The network, without weights or with all but those of its classifier.
        classes: The names of the classes that it is trained on.
        say: Told what is drawn, and why.
    """
    names, weights = tensors_of(model.graph), model.weights
    if weights is None:
        return model
    why = "the weights have none of its shape"
    drawn = [name for name in names if name not in weights]
    if not drawn and model.class_names and model.class_names != tuple(classes):
        why = "the weights are of other classes"
        replaceable = classifier_tensors(model.graph)
        drawn = [name for name in names if name in replaceable]
    if not drawn:
        return model
    say(f"{classifier_title(drawn)} begins anew: {why}")
    state = to_torch(replace(model, weights=None)).state_dict()
    new = {name: state[name].numpy() for name in drawn}
    return replace(model, weights=CombinedWeights(names, new, weights))
