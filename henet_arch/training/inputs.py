"""The images that a training is given: data set, held-out images, and batches."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from pathlib import Path

from ..ir.dims import format_shape
from ..ir.graph import Graph
from ..ir.model import Model
from ..ir.preprocessing import Preprocessing
from ..support.errors import TrainError
from . import datasets
from .data import Data, Feeder, Pixels
from .dataset import SILENT, Listener, Request, Resize
from .images.stream import Stream
from .processes import processes
from .settings import Settings

_FEWEST = 2
_FEW_STEPS = 5
"""Steps of a pass that are so few that it is said."""


def read_data(model: Model, settings: Settings, folder: Path | None, listener: Listener) -> Data:
    """The settings' data set, for a model.

    Args:
        model: What is trained on it; its preprocessing, if it has one, says how images are resized.
        settings: Which data set, and what only some take.
        folder: Where its files are.
        listener: Told what is done with them.

    Raises:
        DataError: a file is missing or damaged.
    """
    channels, height, width = map(int, model.graph.input_shape)
    resize = settings.resize
    if resize is None and model.preprocessing is not None and settings.init is None:
        resize = _resize_of(model.preprocessing, (height, width))
    request = Request(
        folder,
        channels=1 if channels == 1 else 3,
        size=(height, width),
        outputs=int(model.graph.output_shape[0]),
        resize=resize,
        holdout=settings.holdout,
        seed=settings.seed,
        listener=listener if processes().is_first else SILENT,
    )
    return datasets.load(settings.data, request, settings.data_options)


def _resize_of(known: Preprocessing, size: tuple[int, int]) -> Resize:
    """How images were resized for the weights, where they cover the input so too."""
    if known.resize is None:
        return "stretch"
    covers = all(side >= least for side, least in zip(known.resize, size, strict=True))
    return known.resize if covers else None


def feeders(data: Data, graph: Graph) -> tuple[Feeder, Feeder]:
    """The images to train on and those to test on, as the network takes them.

    Raises:
        DataError: they are of other classes than the network's, or none are for tests.
    """
    data.check_classes(int(graph.output_shape[0]))
    data.check_tests()
    pixels = Pixels.of(data.train)
    return Feeder(data.train, graph.input_shape, pixels), Feeder(
        data.test, graph.input_shape, pixels
    )


def stream_of(
    feeder: Feeder, settings: Settings, data: Data, graph: Graph, say: Callable[[str], None]
) -> Stream:
    """The part of the training images that this process is given; few steps a pass are told.

    Raises:
        TrainError: the batch is too small, or its parts would differ.
    """
    stream = Stream(
        feeder,
        settings.batch,
        settings.seed,
        augmented=data.augmented and settings.augment is not False,
        passes=settings.plan.passes,
        sampling=settings.sampling,
        classes=len(data.classes),
    )
    own = processes()
    stream.rank, stream.world = own.rank, own.world
    _check_batch(graph, stream)
    if stream.per_epoch < _FEW_STEPS and stream.batch > 1:
        said = f"{stream.per_epoch}, of {stream.batch} images"
        say(f"steps in each pass: {said}; a smaller --batch makes more of them")
    return stream


def _check_batch(graph: Graph, stream: Stream) -> None:
    """Refuse a batch that cannot be shared out, or has no variance for a batch norm to compute."""
    images, rest = divmod(stream.batch, stream.world)
    if rest:
        raise TrainError(
            f"a batch of {stream.batch} is not the same for each of {stream.world} processes",
            fix=f"--batch {max(images, 1) * stream.world}",
        )
    for node in graph:
        if node.layer.buffers() and images * prod(node.shape[1:]) < _FEWEST:
            raise TrainError(
                f"one image for each process is too few for {node.name}, "
                f"{format_shape(node.shape)}",
                why=f"batch norm needs {_FEWEST} values of each channel",
                fix="a larger --batch",
            )
