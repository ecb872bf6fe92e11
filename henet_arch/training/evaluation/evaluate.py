"""Tests trained weights on the held-out images of a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ...ir.classes import class_names
from ...ir.dims import Shape
from ...ir.model import Model
from ...ir.preprocessing import Preprocessing
from ...runtime.preprocess import check_weights, preprocess, preprocessing_of
from ...runtime.runners import RUNNERS
from ...support.errors import DataError, RunError
from ...support.optional import first_line
from ...support.printable import printable
from .. import datasets
from ..bounds import between, within
from ..data import Data, Split
from ..dataset import SILENT, Listener, Request
from ..settings import check_trainable
from . import scoring
from .result import Evaluation


def evaluate(
    model: Model,
    name: str | None = None,
    data_dir: Path | None = None,
    *,
    holdout: float | None = None,
    seed: int = 0,
    backend: str = "eager",
    listener: Listener = SILENT,
) -> Evaluation:
    """The score of a model's weights on the data set `name`: by default, their own.

    With `holdout`, on the images that a training with that share and `seed` held out. `backend` is
    what runs the network.

    Raises:
        SourceError: the model has no weights, or no preprocessing.
        PreprocessingError: its preprocessing does not fit it, or the images.
        FileError: the weights cannot be read.
        TrainError: the network gives no scores of classes, or a number is out of bounds.
        LimitError: an image of the network needs too much memory.
        UnknownNameError: there is no such backend.
        DataError: the data set is missing, damaged, has other classes, or holds other images out;
            or the weights do not say which it is.
        ExtraError, EmitError, RunError: as the backend raises them.
    """
    between("holdout", holdout, 1, "a share of each class, such as 0.1")
    within("seed", seed, 0)
    graph = model.graph
    check_weights(model, "an evaluation")
    check_trainable(graph)
    batch, runner = scoring.batch_of(graph), RUNNERS[backend]
    preprocessing, classes = preprocessing_of(model), int(graph.output_shape[0])
    names = class_names(model)
    name = name or _known(model)
    run = runner.on_batches(model)
    request = Request(
        data_dir,
        channels=preprocessing.channels,
        size=(int(graph.input_shape[1]), int(graph.input_shape[2])),
        outputs=classes,
        classes=names,
        resize=preprocessing.resize or "stretch",
        holdout=holdout,
        seed=seed,
        tests_only=True,
        listener=listener,
    )
    data = datasets.load(name, request, {"holdout": holdout})
    data.check_classes(classes)
    data.check_tests()
    data = _in_order(data, names)
    if holdout is not None:
        _check_held_out(model, data)
    batches = _batches(data.test, preprocessing, graph.input_shape, batch)
    try:
        result = scoring.counts(
            lambda images: torch.from_numpy(run(images.numpy())),
            batches,
            classes,
            torch.device("cpu"),
        )
    except RuntimeError as error:  # PyTorch's own: no memory
        raise RunError(f"{runner.title} stops the test: {first_line(error)}") from error
    score = scoring.score(*result)
    return Evaluation(model, data.name, data.classes, score, data.note, runner.title)


def _in_order(data: Data, names: tuple[str, ...]) -> Data:
    """The data set with its classes in the network's order; a note where they have other names."""
    if not names or names == data.classes:
        return data
    if set(names) != set(data.classes):
        note = f"the network calls its classes {_few(names)}, and {data.name} {_few(data.classes)}"
        return replace(data, note="; ".join(filter(None, [data.note, f"{note}: taken in order"])))
    places = torch.tensor([names.index(name) for name in data.classes])
    test = replace(data.test, labels=places[data.test.labels])
    return replace(data, classes=names, test=test)


def _few(names: tuple[str, ...]) -> str:
    return f"{', '.join(map(printable, names[:2]))}, ..."


def _known(model: Model) -> str:
    """The data set that the weights are of.

    Raises:
        DataError: they do not say it.
    """
    if not model.trained_on:
        raise DataError(
            f"the weights of {model.name} do not say which data they were trained on",
            fix="--data NAME, or image files",
        )
    return model.trained_on


def _check_held_out(model: Model, data: Data) -> None:
    """Refuse to hold out other images than the training of the weights has held out.

    Raises:
        DataError: they are known to be others.
    """
    if model.split and model.split != data.split:
        raise DataError(
            "the training held out other images than these",
            why="the folder, the share, the seed or the size was another; some were perhaps "
            "trained on",
            fix="the folder as it was then, with the --holdout and --seed of the training; or no "
            "--holdout, for a folder of new images",
        )


def _batches(
    split: Split, preprocessing: Preprocessing, shape: Shape, size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """All images in order, as a network takes image files too."""
    for start in range(0, len(split), size):
        taken = slice(start, start + size)
        images = preprocess(split.part(taken).numpy(), preprocessing, shape)
        yield torch.from_numpy(images), split.labels[taken]
