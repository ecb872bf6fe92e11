"""Lightning's trainer, from the beginning or from a checkpoint, to the end or until Ctrl-C."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback

from ..support.errors import FileError, TrainError
from ..support.optional import first_line, need
from .images.stream import Stream
from .optimization.averaging import WeightAverage
from .optimization.learner import Learner
from .processes import processes
from .run.checkpoints import SafeCheckpoints
from .run.recorder import Recorder


def check_device(device: str) -> None:
    """Refuse a device that is not there.

    Raises:
        TrainError: Lightning does not find it.
    """
    if device != "cpu":
        with _quiet(), _refusal_named(device):
            need("lightning.pytorch", "train").Trainer(accelerator=device, **_SILENT)


def run(
    learner: Learner,
    recorder: Recorder,
    average: WeightAverage | None,
    device: str,
    state: dict[str, Any] | None,
) -> None:
    """Train a network.

    Args:
        learner: The network.
        recorder: What happens between two steps.
        average: The average of the weights, if one is kept.
        device: What Lightning calls an accelerator.
        state: The checkpoint in the run's folder, as read, to go on from it.

    Raises:
        TrainError: the device is not there, PyTorch cannot go on, or the loss is not finite.
        FileError: the checkpoint is damaged, or a file cannot be written.
    """
    checkpoint, stream = recorder.saver.checkpoint, recorder.stream
    before = [average] if average else []
    callbacks = [recorder.interruption, *before, recorder.saver, recorder]
    with _errors_named(checkpoint, lambda: state is not None and not recorder.has_begun):
        stream.start = int(state["global_step"]) if state else 0
        if not 0 <= stream.start <= learner.steps:
            raise ValueError(f"step {stream.start} of {learner.steps}")
        if state:
            _restore(callbacks, state)
        if state and recorder.has_ended(stream.start, learner):
            learner.load_state_dict(state["state_dict"])
        else:
            _fit(learner, callbacks, stream, device, checkpoint if state else None)


_SILENT: dict[str, Any] = {
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
"""What makes Lightning write and print nothing."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Lightning's log and warnings."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def _refusal_named(device: str) -> Iterator[None]:
    """Lightning's refusal of a device as ours."""
    wrong = need("lightning.fabric.utilities.exceptions", "train").MisconfigurationException
    try:
        yield
    except (ValueError, ImportError, RuntimeError, wrong) as error:
        raise TrainError(
            f"cannot train on the device {device!r}: {first_line(error)}", fix="--device cpu"
        ) from None


@contextmanager
def _errors_named(checkpoint: Path, restores: Callable[[], bool]) -> Iterator[None]:
    """Other packages' errors as ours: of the checkpoint while it is read, or of PyTorch."""
    try:
        yield
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        if not restores():
            raise
        raise FileError(
            f"{checkpoint} is damaged: {first_line(error)}", fix="train anew into another folder"
        ) from error
    except RuntimeError as error:  # PyTorch's own: no memory, a process that is gone, ...
        raise TrainError(
            f"PyTorch stops the training: {first_line(error)}",
            fix="--resume goes on from the last checkpoint; a smaller --batch needs less memory",
        ) from error


def _restore(callbacks: Sequence[Callback], state: dict[str, Any]) -> None:
    """What the callbacks have noted; Lightning does without what a checkpoint lacks."""
    for callback in callbacks:
        if callback.state_dict():
            callback.load_state_dict(state["callbacks"][callback.state_key])


def _fit(
    learner: Learner,
    callbacks: Sequence[Callback],
    stream: Stream,
    device: str,
    checkpoint: Path | None,
) -> None:
    with _quiet():
        trainer = _trainer(learner.steps, callbacks, stream.world, device)
        trainer.fit(learner, train_dataloaders=stream, ckpt_path=checkpoint)


def _trainer(steps: int, callbacks: Sequence[Callback], world: int, device: str) -> Any:
    """Lightning's trainer, which writes nothing by itself."""
    lightning = need("lightning.pytorch", "train")
    ddp = need("lightning.pytorch.strategies", "train").DDPStrategy
    backend = "gloo" if device == "cpu" else None
    local = processes().local
    with _refusal_named(device):
        return lightning.Trainer(
            accelerator=device,
            devices=local,
            num_nodes=world // local,
            strategy=ddp(process_group_backend=backend) if world > 1 else "auto",
            max_steps=steps,
            max_epochs=-1,
            callbacks=list(callbacks),
            plugins=[SafeCheckpoints()],
            num_sanity_val_steps=0,
            **_SILENT,
        )
