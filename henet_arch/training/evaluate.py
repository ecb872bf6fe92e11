"""Tests trained weights on the held-out images of a data set."""

from __future__ import annotations

from pathlib import Path

import torch

from ..runtime.torch.module import channels_last, to_torch
from ..runtime.torch.weights import Weights, read_weights
from ..spec.build import build
from ..support.errors import FileError, RunError
from ..support.optional import first_line
from . import datasets, evaluation
from .data import Feeder, Pixels
from .outcome import Evaluation
from .settings import check_outputs


def evaluate(path: Path, name: str | None = None, data_dir: Path | None = None) -> Evaluation:
    """The score of the weights in `path` on the data set `name`: by default, their own.

    Raises:
        FileError: the file holds no such weights, or they do not fit the spec inside.
        TrainError: the network gives no scores of classes.
        LimitError: an image of the network needs too much memory.
        RunError: PyTorch cannot run the network.
        DataError: the data set is missing, damaged, or has other classes.
    """
    weights = read_weights(path)
    check_outputs(weights.spec)
    graph = build(weights.spec)
    weights.check(graph)
    batch = evaluation.batch_of(graph)
    model = to_torch(graph)
    weights.load_into(model)
    data = datasets.load(name or str(weights.training.get("data", "digits")), data_dir)
    data.check_classes(weights.spec.classes)
    pixels = _pixels(weights, path)
    feeder = Feeder(data.test, weights.spec.input, pixels)
    try:
        found = evaluation.counts(
            channels_last(model), feeder, weights.spec.classes, torch.device("cpu"), batch=batch
        )
    except RuntimeError as error:  # PyTorch's own: no memory
        raise RunError(f"PyTorch stops the test: {first_line(error)}") from error
    return Evaluation(weights.spec, data.name, data.classes, evaluation.score(*found), data.note)


def _pixels(weights: Weights, path: Path) -> Pixels:
    try:
        said = weights.training["pixels"]
        return Pixels(tuple(map(float, said["mean"])), tuple(map(float, said["std"])))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise FileError(
            f"{path} does not say how its images were normalised", fix="henet-arch train"
        ) from None
