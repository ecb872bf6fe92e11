"""What happens between two steps: rows of the log, tests, and the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch
from lightning import pytorch as lightning
from torch import Tensor

from ..evaluation.tester import Tester
from ..images.stream import Stream
from ..optimization.learner import Learner
from ..optimization.patience import is_exhausted
from .interruption import Interruption
from .log import read_rows, read_score
from .meter import Meter
from .saver import Saver

Watch = Callable[[int, int, dict[str, Any]], None]
"""Told how many steps are done, of how many, and the latest row of the log."""

_KEY = "Keeper"


class Recorder(lightning.Callback):
    """Logs, tests and saves where it is time, and stops in good order."""

    def __init__(
        self,
        tester: Tester,
        saver: Saver,
        stream: Stream,
        interruption: Interruption,
        every: int,
        watch: Watch,
    ) -> None:
        """Args:
        tester: What tests the network.
        saver: What writes the files.
        stream: The training images, which say how many steps a pass has.
        interruption: Whether the training is asked to stop.
        every: Steps between two checkpoints.
        watch: Told after each step.
        """
        self.tester, self.saver, self.stream = tester, saver, stream
        self.interruption, self.every, self.watch = interruption, every, watch
        self.rows: list[dict[str, Any]] = []
        self.has_begun = False
        """Whether steps are made, and all that a checkpoint holds has been read."""
        self._meter = Meter()

    @property
    def state_key(self) -> str:
        """The name in checkpoints, which it has had from the first."""
        return _KEY

    @staticmethod
    def logged(checkpoint: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of the log that a checkpoint holds; none where it is damaged."""
        with suppress(KeyError, TypeError, ValueError):
            return read_rows(checkpoint["callbacks"][_KEY]["rows"])
        return []

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint says besides the weights."""
        score = self.tester.score
        kept = score and {"confusion": torch.tensor(score.confusion), "loss": score.loss}
        return {"rows": self.rows, "score": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.rows = read_rows(state_dict["rows"])
        self.tester.score = read_score(state_dict["score"], self.tester.classes)

    def has_ended(self, step: int, learner: Learner) -> bool:
        """Whether a training that has come so far goes on no more."""
        return step == learner.steps or is_exhausted(self.rows, learner.settings.patience)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self.has_begun = True
        self._meter.start()

    def on_train_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        """Let what layers draw depend on the seed, the step and the process alone."""
        torch.manual_seed(self.stream.seed_of_layers(trainer.global_step))

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
        trainer.should_stop = stops or self.has_ended(step, pl_module)
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
            row |= self.tester.test(trainer, learner)
        self.rows.append(row)
        self.saver.save(trainer, self.rows)


def _check_finite(trainer: Any, learner: Learner, step: int) -> None:
    """Keep the last good checkpoint where an update has gone beyond all bounds.

    Raises:
        TrainError: a weight, a statistic or a momentum is not a finite number.
    """
    momenta = (t for state in trainer.optimizers[0].state.values() for t in state.values())
    tensors = (t for t in (*learner.state_dict().values(), *momenta) if isinstance(t, Tensor))
    if not all(bool(t.isfinite().all()) for t in tensors):
        raise learner.diverged(f"the weights are not finite after step {step}", step)
