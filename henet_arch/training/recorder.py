"""What is written between two steps: the log, scores and checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning import pytorch as lightning
from torch import Tensor

from ..support.files import write_text
from .evaluation import Score
from .interruption import Interruption
from .learner import Learner
from .log import as_csv, read_rows, read_score
from .meter import Meter
from .run_folder import CHECKPOINT, METRICS
from .stream import Stream
from .tester import Tester

Watch = Callable[[int, int, dict[str, Any]], None]
"""Told how many steps are done, of how many, and the latest row of the log."""


class Recorder(lightning.Callback):
    """Logs, tests and saves where it is time, and stops in good order."""

    def __init__(
        self,
        folder: Path,
        tester: Tester,
        stream: Stream,
        interruption: Interruption,
        every: int,
        identity: dict[str, Any],
        watch: Watch,
    ) -> None:
        """Args:
        folder: Where the checkpoint and the log are written.
        tester: What tests the network.
        stream: The training images, which say how many steps a pass has.
        interruption: Whether the training is asked to stop.
        every: Steps between two checkpoints.
        identity: What a checkpoint says of the training that it is of.
        watch: Told after each step.
        """
        self.folder, self.tester, self.stream, self.every = folder, tester, stream, every
        self.interruption, self.identity, self.watch = interruption, identity, watch
        self.rows: list[dict[str, Any]] = []
        self.score: Score | None = None
        self._meter = Meter()

    @property
    def state_key(self) -> str:
        """The name in checkpoints, which it has had from the first."""
        return "Keeper"

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint says besides the weights."""
        score = asdict(self.score) if self.score else None
        return {"rows": self.rows, "score": score, "random": torch.get_rng_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.rows = read_rows(state_dict["rows"])
        self.score = read_score(state_dict["score"], self.tester.classes)
        torch.set_rng_state(state_dict["random"])

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Say what the checkpoint is of."""
        checkpoint.update(self.identity)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self._meter.start()

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log, test and save where it is time."""
        self._meter.add(outputs["loss"], len(batch[1]) * trainer.world_size)
        step, steps = trainer.global_step, pl_module.steps
        tests = step == steps or step % (pl_module.plan.test_every or self.stream.per_epoch) == 0
        stops = trainer.strategy.reduce_boolean_decision(self.interruption.asked, all=False)
        if tests or stops or step % self.every == 0:
            self._record(trainer, pl_module, step, tests)
        self.watch(step, steps, self.rows[-1] if self.rows else {})
        trainer.should_stop = stops
        self._meter.start()

    def _record(self, trainer: Any, learner: Learner, step: int, tests: bool) -> None:
        _check_finite(trainer, learner, step)
        loss, speed = self._meter.take()
        row = {
            "step": step,
            "epoch": self.stream.epochs(step),
            "rate": learner.rate(step - 1),
            "train_loss": float(trainer.strategy.reduce(loss, reduce_op="mean")),
            "images_per_second": speed,
            "test_loss": None,
            "test_accuracy": None,
        }
        if tests:
            self.score = self.tester.score(trainer, learner)
            row |= {"test_loss": self.score.loss, "test_accuracy": self.score.accuracy}
        self.rows.append(row)
        trainer.save_checkpoint(self.folder / CHECKPOINT)
        if trainer.is_global_zero:
            write_text(self.folder / METRICS, as_csv(self.rows))


def _check_finite(trainer: Any, learner: Learner, step: int) -> None:
    """Keep the last good checkpoint where an update has gone beyond all bounds.

    Raises:
        TrainError: a weight, a statistic or a momentum is not a finite number.
    """
    momenta = (t for state in trainer.optimizers[0].state.values() for t in state.values())
    tensors = (t for t in (*learner.state_dict().values(), *momenta) if isinstance(t, Tensor))
    if not all(bool(t.isfinite().all()) for t in tensors):
        raise learner.diverged(f"the weights are not finite after step {step}", step)
