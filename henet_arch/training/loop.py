"""Trains a network on a data set and keeps what comes of it in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..importers.run_files import CHECKPOINT, WEIGHTS
from ..ir.classifier import classifier_bias
from ..ir.model import Model, apart
from ..ir.scope import join
from ..ir.tensors import tensors_of
from ..runtime.torch.module import to_torch
from ..support.errors import TrainError, look_up
from ..support.optional import need
from ..weights.tensors import array_of
from . import trainer
from .data import Data, Feeder
from .dataset import SILENT, Listener
from .engines import choose
from .evaluation.scoring import fitting_batch
from .evaluation.tester import Tester
from .inputs import feeders, read_data, stream_of
from .machine import Machine
from .optimization.averaging import WeightAverage
from .optimization.learner import Learner
from .processes import processes
from .run.checkpoints import read
from .run.folder import CURVES, LOGS, TENSORBOARD, own
from .run.interruption import Interruption
from .run.log import LogWriter
from .run.outcome import Outcome
from .run.outputs import write_outputs
from .run.recorder import Recorder, Watch
from .run.resumable import check_resumable, check_same_images, identity
from .run.saver import Saver
from .run.tensorboard import TensorBoardWriter, check_tensorboard
from .settings import Settings, check_trainable
from .start import completed, freeze, note_other_tests, start_of


def train(
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    data: Data | None = None,
    data_dir: Path | None = None,
    resume: bool = False,
    machine: Machine | None = None,
    curves: str = "svg",
    log: str = "csv",
    listener: Listener = SILENT,
    watch: Watch = lambda step, steps, row: None,
    say: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Train a network; `folder` then holds weights, checkpoint, log and `curves`.

    Where the model has weights, training starts from them, unless the settings say an `init`.

    The images are those of `data`, or else of the settings' data set, read from `data_dir`;
    `listener` is told what is done with its files.

    Started by torchrun, each process trains on its part of every batch. `watch` is told of every
    step, and `say` of the engine, before the first.

    Raises:
        DataError: the data set is missing, damaged, or has other classes than the network.
        TrainError: the folder holds another run, or the loss is not finite.
        SpecError: the checkpoint to resume is of another network.
        FileError: the folder holds something else, is in use, or cannot be written, or the
            checkpoint cannot be read.
        ExtraError: a package that the training needs is not installed.
        UnknownNameError: there is no such engine, or form of the log or the curves.
    """
    machine = machine or Machine()
    _check(model, settings, log, curves)
    engine = choose(machine.engine, model.graph, machine.device)
    trainer.check_device(machine.device)
    first = processes().is_first
    with own(folder) if first else nullcontext():
        state = _state(folder, resume, model, settings)
        tell = say if first else _silent
        tell(str(engine))
        data = data or read_data(model, settings, data_dir, listener)
        check_same_images(state, data)
        start = start_of(model, settings) if state is None else str(state.get("start", ""))
        if start and state is None:
            note_other_tests(model, settings, data, tell)
        train_images, test_images = feeders(data, model.graph)
        stream = stream_of(train_images, settings, data, model.graph, tell)
        with _alone(settings.seed, machine.threads):
            if start and state is None:
                model = completed(model, data.classes, tell)
            steps = settings.plan.steps(stream.per_epoch, settings.epochs)
            begun = _step(state)
            if 0 < begun < steps:
                tell(f"goes on from step {begun:,}")
            module = to_torch(model, init=settings.init)
            freeze(module, model, data.classes, tell)
            network = engine.prepare(model.graph, module, machine.threads, tell)
            bias = dict(module.named_parameters()).get(classifier_bias(model.graph))
            learner = Learner(module, network, settings, steps, bias)
            average = _average(learner)
            with _writers(folder if first else None, log, state) as writers:
                recorder = Recorder(
                    Tester(test_images, fitting_batch(model.graph), len(data.classes), average),
                    Saver(folder, identity(model, settings, data, stream.world, start), writers),
                    stream,
                    Interruption(),
                    machine.checkpoint_every,
                    watch,
                )
                trainer.run(learner, recorder, average, machine.device, state)
        rows, score = tuple(recorder.rows), recorder.tester.score
        trained = _trained(model, learner, settings, data, test_images)
        outcome = Outcome(
            trained, settings, data.classes, rows, score, steps, data.note, stream.batch, start
        )
        if first:
            write_outputs(folder, outcome, learner, average, data, test_images, curves)
        return outcome


def _check(model: Model, settings: Settings, log: str, curves: str) -> None:
    """Refuse what cannot be trained, or not be shown, before anything is read or made.

    Raises:
        UnknownNameError: there is no such form of the log, or of the curves.
        TrainError: the network cannot be trained, or would see no images.
        ExtraError: a package that the outcome is written with is not installed.
    """
    look_up(log, LOGS, "form of the log")
    look_up(curves, CURVES, "form of the curves")
    check_trainable(model.graph)
    settings.sampling.check(model.graph.input_shape)
    owners = [node for node in model.graph if not node.shares]
    weights = [join(node.name, name) for node in owners for name in node.layer.weights()]
    if not weights:
        raise TrainError(f"{model.name} has no weights to train")
    if model.frozen.issuperset(weights):
        raise TrainError(
            f"all parameters of {model.origin.title} are frozen",
            fix="requires_grad_(True) of those that are to be trained",
        )
    need("matplotlib", "train")
    if log == TENSORBOARD:
        check_tensorboard()


@contextmanager
def _writers(
    folder: Path | None, log: str, state: dict[str, Any] | None
) -> Iterator[list[LogWriter]]:
    """The other forms of the log, in the folder of the process that writes."""
    writers: list[LogWriter] = []
    if folder and log == TENSORBOARD:
        writers.append(TensorBoardWriter(folder, Recorder.logged(state) if state else []))
    try:
        yield writers
    finally:
        for writer in writers:
            writer.close()


def _silent(line: str) -> None:
    """Say nothing."""


def _trained(model: Model, learner: Learner, settings: Settings, data: Data, test: Feeder) -> Model:
    """The network as it comes out of the training."""
    state = learner.model.state_dict()
    return replace(
        model,
        weights={name: array_of(state[name]) for name in tensors_of(model.graph)},
        origin=apart(model.origin),
        preprocessing=test.preprocessing,
        class_names=data.classes,
        trained_on=settings.data,
        split=data.split,
        seed=None,
    )


def _average(learner: Learner) -> WeightAverage | None:
    decay = learner.settings.average_weights
    return None if decay is None else WeightAverage(learner.model, decay)


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


def _step(state: dict[str, Any] | None) -> int:
    """The steps that are made; 0 where a checkpoint does not say, which is refused later."""
    step = (state or {}).get("global_step")
    return step if isinstance(step, int) else 0


def _state(folder: Path, resume: bool, model: Model, settings: Settings) -> dict[str, Any] | None:
    """The checkpoint to go on from, if there is one and it fits."""
    kept = [name for name in (CHECKPOINT, WEIGHTS) if (folder / name).is_file()]
    if kept == [WEIGHTS]:
        raise TrainError(
            f"{folder} holds the weights of a run, and no checkpoint to go on from",
            why="a new run would take their place",
            fix=f"another --output, or move {WEIGHTS} away",
        )
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
