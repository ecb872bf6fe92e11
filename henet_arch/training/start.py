"""What a training starts from: weights that are all there, or none, and which of them stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import nn

from ..ir.classifier import classifier_tensors
from ..ir.model import Model
from ..ir.tensors import tensors_of
from ..runtime.torch.module import to_torch
from ..runtime.torch.weights import load_into
from ..weights.matched import CombinedWeights
from ..weights.notes import classifier_title
from .data import Data
from .settings import Settings


def start_of(model: Model, settings: Settings) -> str:
    """What a training begins from: `weights`, or nothing where all are drawn."""
    return "weights" if model.weights is not None and settings.init is None else ""


def note_other_tests(
    model: Model, settings: Settings, data: Data, say: Callable[[str], None]
) -> None:
    """Say where weights of the same kind of data were trained with other images held out."""
    if model.split and model.trained_on == settings.data and model.split != data.split:
        say(
            "the weights were trained with other images held out: where they are of these, some "
            "test images were trained on; their --holdout and --seed hold out the same"
        )


def completed(model: Model, classes: Sequence[str], say: Callable[[str], None]) -> Model:
    """The network with what has to be drawn of its weights, as PyTorch's generator stands.

    That is a classifier which it lacks, or which is of other classes.

    Args:
        model: The network, without weights or with all but those of its classifier.
        classes: The names of the classes that it is trained on.
        say: Told what is drawn, and why.
    """
    names, weights = tensors_of(model.graph), model.weights
    drawn, why = _drawn(model, classes)
    if weights is None or not drawn:
        return model
    say(f"{classifier_title(drawn)} begins anew: {why}")
    state = to_torch(replace(model, weights=None)).state_dict()
    new = {name: state[name].numpy() for name in drawn}
    return replace(
        model,
        weights=CombinedWeights(names, new, weights),
        frozen=model.frozen.difference(drawn),
    )


def _drawn(model: Model, classes: Sequence[str]) -> tuple[list[str], str]:
    """The tensors that `completed` draws, and why."""
    names, weights = tensors_of(model.graph), model.weights
    if weights is None:
        return [], ""
    drawn = [name for name in names if name not in weights]
    if drawn or not model.class_names or model.class_names == tuple(classes):
        return drawn, "the weights have none of its shape"
    replaceable = classifier_tensors(model.graph)
    return [name for name in names if name in replaceable], "the weights are of other classes"


def freeze(
    module: nn.Module, model: Model, classes: Sequence[str], say: Callable[[str], None]
) -> None:
    """Leave as they are, with the numbers of the source, the weights that it has frozen.

    Args:
        module: The emitted module.
        model: The network.
        classes: The names of the classes that it is trained on; a classifier that is drawn for
            them is trained.
        say: Told how many parameters stay as they are.
    """
    drawn, _ = _drawn(model, classes)
    held = {
        name: parameter
        for name, parameter in module.named_parameters()
        if name in model.frozen and name not in drawn
    }
    if model.weights is not None:
        load_into(module, {name: model.weights[name] for name in held})
    for parameter in held.values():
        parameter.requires_grad_(False)
    count = sum(p.numel() for name, p in held.items() if name not in model.uncounted)
    if count:
        say(f"{count:,} parameters stay as they are: {model.origin.title} has them frozen")
