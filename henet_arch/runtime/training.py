"""Trains a network on a data set and keeps what comes of it in a folder."""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..engine import build
from ..errors import FileError, TrainError
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


@dataclass(frozen=True)
class Machine:
    """Where a training runs."""

    device: str = "cpu"
    """What Lightning calls an accelerator: cpu, gpu, mps or auto."""
    threads: int = 1
    """Threads of each process."""
    checkpoint_every: int = 100
    """Steps between two checkpoints."""


def train(
    network: Source,
    settings: Settings,
    folder: Path,
    *,
    data_dir: Path | None = None,
    resume: bool = False,
    machine: Machine = Machine(),
    watch: Watch = lambda step, steps, row: None,
) -> Outcome:
    """Train what `network` names; `folder` then holds weights, checkpoint, log and curves.

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
    torch.manual_seed(settings.seed)
    model = channels_last(to_torch(graph, init=settings.init))
    pixels = datasets.Pixels.of(data.train.images)
    feeders = [datasets.Feeder(split, spec.input, pixels) for split in (data.train, data.test)]
    stream = Stream(feeders[0], settings.batch, settings.seed, augmented=data.augmented)
    steps = settings.plan.steps(stream.per_epoch, settings.epochs)
    learner = Learner(model, settings, steps)
    dumped = spec.model_dump(mode="json")
    keeper = Keeper(folder, feeders[1], stream.per_epoch, machine.checkpoint_every, dumped, watch)
    stream.start = state["global_step"] if state else 0
    if stream.start < steps:
        _fit(learner, keeper, stream, machine, folder / CHECKPOINT if state else None)
    else:
        _restore(model, keeper, state)
    said = {**asdict(settings), "pixels": asdict(pixels), "note": data.note}
    outcome = Outcome(
        spec, settings, data.classes, tuple(keeper.rows), keeper.score, steps, data.note
    )
    if _is_first():
        save_weights(folder / WEIGHTS, model, spec, said)
        outcome.draw(folder / "curves.svg")
    return outcome


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


def _restore(model: nn.Module, keeper: Keeper, state: dict[str, Any] | None) -> None:
    """The model and the log of a run that has ended."""
    state = state or {}
    prefix = "model."
    model.load_state_dict({k.removeprefix(prefix): v for k, v in state["state_dict"].items()})
    keeper.load_state_dict(state["callbacks"][keeper.state_key])


def _fit(
    learner: Learner, keeper: Keeper, stream: Stream, machine: Machine, checkpoint: Path | None
) -> None:
    lightning = need("lightning.pytorch", "train")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    local, world = (int(os.environ.get(key, 1)) for key in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    stream.rank, stream.world = int(os.environ.get("RANK", 0)), world
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
    return os.environ.get("RANK", "0") == "0"
