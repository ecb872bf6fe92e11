"""Tests trained weights on the held-out images of a data set."""

from __future__ import annotations

from pathlib import Path

import torch

from ..ir.model import Model
from ..runtime.torch.module import channels_last, to_torch
from ..support.errors import RunError, SourceError
from ..support.optional import first_line
from . import datasets, evaluation
from .data import Feeder, Pixels
from .outcome import Evaluation
from .settings import check_trainable


def evaluate(model: Model, name: str | None = None, data_dir: Path | None = None) -> Evaluation:
    """The score of a model's weights on the data set `name`: by default, their own.

    Raises:
        SourceError: the model has no weights, or no preprocessing.
        FileError: the weights cannot be read.
        TrainError: the network gives no scores of classes.
        LimitError: an image of the network needs too much memory.
        RunError: PyTorch cannot run the network.
        DataError: the data set is missing, damaged, or has other classes.
    """
    graph = model.graph
    if model.weights is None:
        raise SourceError(
            f"an evaluation needs trained weights, and {model.origin.title} has none",
            fix="the file weights.safetensors that henet-arch train leaves",
        )
    check_trainable(graph)
    batch = evaluation.batch_of(graph)
    module = to_torch(model)
    data = datasets.load(name or model.trained_on or "digits", data_dir)
    classes = int(graph.output_shape[0])
    data.check_classes(classes)
    feeder = Feeder(data.test, graph.input_shape, _pixels(model))
    try:
        result = evaluation.counts(
            channels_last(module), feeder, classes, torch.device("cpu"), batch=batch
        )
    except RuntimeError as error:  # PyTorch's own: no memory
        raise RunError(f"PyTorch stops the test: {first_line(error)}") from error
    return Evaluation(model, data.name, data.classes, evaluation.score(*result), data.note)


def _pixels(model: Model) -> Pixels:
    if model.preprocessing is None:
        raise SourceError(
            f"{model.origin.title} does not say how its images were normalised",
            fix="weights that henet-arch train saved",
        )
    return Pixels(model.preprocessing.mean, model.preprocessing.std)
