"""Trains a network on a data set and keeps what comes of it in a folder."""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch

from ..dims import show
from ..engine import build
from ..errors import FileError, TrainError
from ..graph import Graph
from ..sources import Source, find
from ..spec import Spec
from . import data as datasets
from .checkpoints import SafeCheckpoints, read
from .extras import need
from .learner import CHECKPOINT, Keeper, Learner, Watch
from .module import channels_last, to_torch
from .outcome import Outcome
from .settings import Settings, check_resumable
from .stream import Stream
from .weights import save_weights

WEIGHTS = "weights.safetensors"
_LARGEST = 10**6


@dataclass(frozen=True)
class Machine:
    """Where a training runs."""

    device: str = "cpu"
    """What Lightning calls an accelerator: cpu, gpu, mps or auto."""
    threads: int = 1
    """Threads of each process."""
    checkpoint_every: int = 100
    """Steps between two checkpoints."""

    def __post_init__(self) -> None:
        for key in ("threads", "checkpoint_every"):
            if not 1 <= getattr(self, key) <= _LARGEST:
                raise TrainError(f"{key} = {getattr(self, key)} is not between 1 and {_LARGEST:,}")


def train(
    network: Source,
    settings: Settings,
    folder: Path,
    *,
    data_dir: Path | None = None,
    resume: bool = False,
    machine: Machine = Machine(),
    curves: str = "svg",
    watch: Watch = lambda step, steps, row: None,
) -> Outcome:
    """Train what `network` names; `folder` then holds weights, checkpoint, log and `curves`.

    Started by torchrun, each process trains on its part of every batch.

    Raises:
        DataError: the data set is missing, damaged, or has other classes than the network.
        TrainError: the folder holds another run, or the loss is not finite.
        SpecError: the checkpoint to resume is of another network.
        FileError: the folder cannot be written, or the checkpoint not be read.
    """
    spec = find(network)
    graph = build(spec)
    state = _state(folder, resume, spec, settings)
    data = datasets.load(settings.data, data_dir)
    data.check_classes(spec.classes)
    torch.set_num_threads(machine.threads)
    pixels = datasets.Pixels.of(data.train.images)
    train_images, test_images = (
        datasets.Feeder(split, spec.input, pixels) for split in (data.train, data.test)
    )
    stream = _stream(train_images, settings, data.augmented)
    _check_norms(graph, stream.batch // stream.world)
    learner = _learner(graph, settings, settings.plan.steps(stream.per_epoch, settings.epochs))
    keeper = Keeper(folder, test_images, stream.per_epoch, machine.checkpoint_every, spec, watch)
    if state:
        stream.start = state["global_step"]
    if stream.start < learner.steps:
        _fit(learner, keeper, stream, machine, folder / CHECKPOINT if state else None)
    elif state:
        _restore(learner, keeper, state)
    log, score = tuple(keeper.rows), keeper.score
    outcome = Outcome(spec, settings, data.classes, log, score, learner.steps, data.note)
    if _is_first():
        said = {**asdict(settings), "pixels": asdict(pixels), "note": data.note}
        save_weights(folder / WEIGHTS, learner.model, spec, said)
        outcome.draw(folder / f"curves.{curves}")
    return outcome


def _stream(feeder: datasets.Feeder, settings: Settings, augmented: bool) -> Stream:
    """The part of the training images that this process is given."""
    stream = Stream(feeder, settings.batch, settings.seed, augmented=augmented)
    stream.rank, stream.world = _told("RANK", 0), _told("WORLD_SIZE", 1)
    return stream


def _learner(graph: Graph, settings: Settings, steps: int) -> Learner:
    torch.manual_seed(settings.seed)
    return Learner(channels_last(to_torch(graph, init=settings.init)), settings, steps)


def _check_norms(graph: Graph, images: int) -> None:
    """Refuse a batch in which a batch norm has no variance to compute.

    Raises:
        TrainError: a process has no image, or a batch norm one value for each channel.
    """
    for node in graph:
        if images < 1 or (node.layer.buffers() and images * prod(node.shape[1:]) < 2):
            raise TrainError(
                f"{images} image{'s' * (images != 1)} for each process are too few",
                where=f"{node.name}, {show(node.shape)}",
                why="batch norm needs two values of each channel",
                fix="a larger --batch",
            )


def _state(folder: Path, resume: bool, spec: Spec, settings: Settings) -> dict[str, Any] | None:
    """The checkpoint to go on from, if there is one and it fits."""
    path = folder / CHECKPOINT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {folder}: {error.strerror}") from None
    if not path.exists():
        return None
    if not resume:
        raise TrainError(
            f"{folder} holds a run already", fix="--resume to go on with it, or another --output"
        )
    state = read(path)
    check_resumable(state, spec, settings)
    return state


def _restore(learner: Learner, keeper: Keeper, state: dict[str, Any]) -> None:
    """The weights and the log of a run that has ended."""
    learner.load_state_dict(state["state_dict"])
    keeper.load_state_dict(state["callbacks"][keeper.state_key])


def _fit(
    learner: Learner, keeper: Keeper, stream: Stream, machine: Machine, checkpoint: Path | None
) -> None:
    lightning = need("lightning.pytorch", "train")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    world, local = stream.world, _told("LOCAL_WORLD_SIZE", 1)
    ddp = need("lightning.pytorch.strategies", "train").DDPStrategy
    backend = "gloo" if machine.device == "cpu" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            accelerator=machine.device,
            devices=local,
            num_nodes=world // local,
            strategy=ddp(process_group_backend=backend) if world > 1 else "auto",
            max_steps=learner.steps,
            max_epochs=-1,
            callbacks=[keeper],
            plugins=[SafeCheckpoints()],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(learner, train_dataloaders=stream, ckpt_path=checkpoint)


def _is_first() -> bool:
    return _told("RANK", 0) == 0


def _told(key: str, alone: int) -> int:
    """What torchrun says in the environment of each process."""
    return int(os.environ.get(key, alone))
