"""Trains a network on a data set and keeps what comes of it in a folder."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import torch

from ..ir.dims import format_shape
from ..ir.graph import Graph
from ..ir.model import Model
from ..runtime.torch.module import channels_last, to_torch
from ..runtime.torch.weights import save_weights
from ..support.errors import FileError, TrainError
from ..support.files import write_text
from ..support.limits import MOST_THREADS
from ..support.optional import first_line, need
from . import datasets, mistakes
from .checkpoints import SafeCheckpoints, read
from .data import Data, Feeder, Pixels
from .dataset import SILENT, Listener, Request
from .evaluation import fitting_batch
from .learner import Keeper, Learner, Watch
from .outcome import Outcome
from .processes import processes
from .run_folder import CHECKPOINT, ERRORS, FOUND, WEIGHTS, own
from .settings import Settings, check_resumable, check_same_images, check_trainable, within
from .stream import Stream


@dataclass(frozen=True)
class Machine:
    """Where a training runs.

    Raises:
        TrainError: a number is out of bounds.
    """

    device: str = "cpu"
    """What Lightning calls an accelerator: cpu, gpu, mps or auto."""
    threads: int = 1
    """Threads of each process."""
    checkpoint_every: int = 100
    """Steps between two checkpoints."""

    def __post_init__(self) -> None:
        within("threads", self.threads, 1, MOST_THREADS)
        within("checkpoint_every", self.checkpoint_every, 1)


def train(
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    data: Data | None = None,
    data_dir: Path | None = None,
    resume: bool = False,
    machine: Machine = Machine(),
    curves: str = "svg",
    listener: Listener = SILENT,
    watch: Watch = lambda step, steps, row: None,
) -> Outcome:
    """Train a network; `folder` then holds weights, checkpoint, log and `curves`.

    Where the model has weights, training starts from them, unless the settings say an `init`.

    The images are those of `data`, or else of the settings' data set, read from `data_dir`;
    `listener` is told what is done with its files.

    Started by torchrun, each process trains on its part of every batch.

    Raises:
        DataError: the data set is missing, damaged, or has other classes than the network.
        TrainError: the folder holds another run, or the loss is not finite.
        SpecError: the checkpoint to resume is of another network.
        FileError: the folder holds something else, is in use, or cannot be written, or the
            checkpoint cannot be read.
    """
    graph = model.graph
    check_trainable(graph)
    if not any(node.layer.weights() for node in graph):
        raise TrainError(f"{graph.name} has no weights to train")
    need("matplotlib", "train")
    first = processes().is_first
    with own(folder) if first else nullcontext():
        state = _state(folder, resume, model, settings)
        data = data or _data(model, settings, data_dir, listener)
        data.check_classes(int(graph.output_shape[0]))
        check_same_images(state, data)
        pixels = Pixels.of(data.train)
        train_images, test_images = (
            Feeder(split, graph.input_shape, pixels) for split in (data.train, data.test)
        )
        stream = _stream(train_images, settings, data)
        _check_batch(graph, stream)
        with _alone(settings.seed, machine.threads):
            steps = settings.plan.steps(stream.per_epoch, settings.epochs)
            learner = _learner(model, settings, steps)
            keeper = Keeper(
                folder, test_images, stream.per_epoch, machine.checkpoint_every, model, watch
            )
            keeper.images = data.digest
            _run(learner, keeper, stream, machine, state)
        log, score = tuple(keeper.rows), keeper.score
        outcome = Outcome(model, settings, data.classes, log, score, learner.steps, data.note)
        if first:
            trained = replace(
                model, preprocessing=test_images.preprocessing, class_names=data.classes
            )
            values = {**asdict(settings), "note": data.note}
            save_weights(folder / WEIGHTS, learner.model, trained, values)
            outcome.draw(folder / f"curves.{curves}")
            if data.findings and data.findings.all:
                write_text(folder / FOUND, data.findings.csv())
            if outcome.finished and score:
                worst = mistakes.worst(learner.model, test_images, fitting_batch(graph))
                mistakes.write(folder / ERRORS, outcome, worst)
        return outcome


def _data(model: Model, settings: Settings, folder: Path | None, listener: Listener) -> Data:
    """The settings' data set, for the model."""
    channels, height, width = map(int, model.graph.input_shape)
    resize = settings.resize
    if resize is None and model.preprocessing is not None:
        resize = model.preprocessing.resize or "stretch"
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


@contextmanager
def _alone(seed: int, threads: int) -> Iterator[None]:
    """Seeded, on so many threads, and as before afterwards."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def _stream(feeder: Feeder, settings: Settings, data: Data) -> Stream:
    """The part of the training images that this process is given."""
    settings.sampling.check((feeder.size[0], feeder.size[1]))
    stream = Stream(
        feeder,
        settings.batch,
        settings.seed,
        augmented=data.augmented and settings.augment is not False,
        sampling=settings.sampling,
        classes=len(data.classes),
    )
    own = processes()
    stream.rank, stream.world = own.rank, own.world
    return stream


def _learner(model: Model, settings: Settings, steps: int) -> Learner:
    return Learner(channels_last(to_torch(model, init=settings.init)), settings, steps)


def _check_batch(graph: Graph, stream: Stream) -> None:
    """Refuse a batch that cannot be shared out, or has no variance for a batch norm to compute.

    Raises:
        TrainError: the batch is too small, or its parts would differ.
    """
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


_FEWEST = 2


def _state(folder: Path, resume: bool, model: Model, settings: Settings) -> dict[str, Any] | None:
    """The checkpoint to go on from, if there is one and it fits."""
    kept = [name for name in (CHECKPOINT, WEIGHTS) if (folder / name).is_file()]
    if kept and not resume:
        raise TrainError(
            f"{folder} holds a run already: {kept[0]}",
            fix="--resume to go on with it, or another --output",
        )
    if CHECKPOINT not in kept:
        return None
    state = read(folder / CHECKPOINT)
    check_resumable(state, model, settings, processes().world)
    return state


def _run(
    learner: Learner,
    keeper: Keeper,
    stream: Stream,
    machine: Machine,
    state: dict[str, Any] | None,
) -> None:
    """Train from the beginning or from `state`, to the end or until Ctrl-C."""
    try:
        stream.start = int(state["global_step"]) if state else 0
        if not 0 <= stream.start <= learner.steps:
            raise ValueError(f"step {stream.start} of {learner.steps}")
        if state and keeper.state_key not in state["callbacks"]:
            raise KeyError(keeper.state_key)
        if state and stream.start == learner.steps:
            _restore(learner, keeper, state)
            return
        _fit(learner, keeper, stream, machine, keeper.folder / CHECKPOINT if state else None)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        if not state:
            raise
        raise FileError(
            f"{keeper.folder / CHECKPOINT} is damaged: {first_line(error)}",
            fix="train anew into another folder",
        ) from error
    except RuntimeError as error:  # PyTorch's own: no memory, a process that is gone, ...
        raise TrainError(f"PyTorch stops the training: {first_line(error)}") from error


def _restore(learner: Learner, keeper: Keeper, state: dict[str, Any]) -> None:
    """The weights and the log of a run that has ended."""
    learner.load_state_dict(state["state_dict"])
    keeper.load_state_dict(state["callbacks"][keeper.state_key])


def _fit(
    learner: Learner, keeper: Keeper, stream: Stream, machine: Machine, checkpoint: Path | None
) -> None:
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer = _trainer(learner.steps, keeper, stream.world, machine.device)
            trainer.fit(learner, train_dataloaders=stream, ckpt_path=checkpoint)
    finally:
        logger.setLevel(level)


def _trainer(steps: int, keeper: Keeper, world: int, device: str) -> Any:
    """Lightning's trainer, of which the keeper does all the keeping."""
    lightning = need("lightning.pytorch", "train")
    wrong = need("lightning.fabric.utilities.exceptions", "train").MisconfigurationException
    ddp = need("lightning.pytorch.strategies", "train").DDPStrategy
    backend = "gloo" if device == "cpu" else None
    local = processes().local
    try:
        return lightning.Trainer(
            accelerator=device,
            devices=local,
            num_nodes=world // local,
            strategy=ddp(process_group_backend=backend) if world > 1 else "auto",
            max_steps=steps,
            max_epochs=-1,
            callbacks=[keeper],
            plugins=[SafeCheckpoints()],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
    except (ValueError, ImportError, RuntimeError, wrong) as error:
        raise TrainError(
            f"cannot train on the device {device!r}: {first_line(error)}", fix="--device cpu"
        ) from None
