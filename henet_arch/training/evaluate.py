"""Tests trained weights on the held-out images of a data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from ..ir.dims import Shape
from ..ir.model import Model
from ..ir.preprocessing import Preprocessing
from ..runtime.preprocess import check_weights, preprocess, preprocessing_of
from ..runtime.torch.module import channels_last, to_torch
from ..support.errors import RunError
from ..support.optional import first_line
from . import datasets, evaluation
from .data import Split
from .outcome import Evaluation
from .settings import check_trainable


def evaluate(model: Model, name: str | None = None, data_dir: Path | None = None) -> Evaluation:
    """The score of a model's weights on the data set `name`: by default, their own.

    Raises:
        SourceError: the model has no weights, or no preprocessing.
        PreprocessingError: its preprocessing does not fit it, or the images.
        FileError: the weights cannot be read.
        TrainError: the network gives no scores of classes.
        LimitError: an image of the network needs too much memory.
        RunError: PyTorch cannot run the network.
        DataError: the data set is missing, damaged, or has other classes.
    """
    graph = model.graph
    check_weights(model, "an evaluation")
    check_trainable(graph)
    batch = evaluation.batch_of(graph)
    module = to_torch(model)
    data = datasets.load(name or model.trained_on or "digits", data_dir)
    classes = int(graph.output_shape[0])
    data.check_classes(classes)
    batches = _batches(data.test, preprocessing_of(model), graph.input_shape, batch)
    try:
        result = evaluation.counts(channels_last(module), batches, classes, torch.device("cpu"))
    except RuntimeError as error:  # PyTorch's own: no memory
        raise RunError(f"PyTorch stops the test: {first_line(error)}") from error
    return Evaluation(model, data.name, data.classes, evaluation.score(*result), data.note)


def _batches(
    split: Split, preprocessing: Preprocessing, shape: Shape, size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """All images in order, as a network takes image files too."""
    for start in range(0, len(split), size):
        taken = slice(start, start + size)
        images = torch.from_numpy(preprocess(split.images[taken].numpy(), preprocessing, shape))
        yield images.contiguous(memory_format=torch.channels_last), split.labels[taken]
