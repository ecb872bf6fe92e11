"""The network under training, and what happens between its steps, as Lightning knows them."""

from __future__ import annotations

import csv
import io
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning import pytorch as lightning
from torch import Tensor, nn

from ..importers.load import spec_of
from ..ir.model import Model
from ..ir.serialize import to_json
from ..support.errors import TrainError
from ..support.exit_codes import INTERRUPTED
from ..support.files import write_text
from . import evaluation
from .data import Feeder
from .log import read_rows, read_score
from .loss import cost
from .run_folder import CHECKPOINT, METRICS
from .settings import FORMAT, Settings

COLUMNS = ("step", "epoch", "rate", "train_loss", "images_per_second", "test_loss", "test_accuracy")
Watch = Callable[[int, int, dict[str, Any]], None]
"""Told how many steps are done, of how many, and the latest row of the log."""


class Learner(lightning.LightningModule):
    """Cross-entropy and stochastic gradient descent, at the rate that the step asks for."""

    def __init__(self, model: nn.Module, settings: Settings, steps: int) -> None:
        super().__init__()
        self.model = model
        self.settings = settings
        self.steps = steps

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.settings.plan.rate_at(step, self.steps, self.settings.highest_rate)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """As Caffe trained the paper's: the last bias learns twice as fast and is not decayed."""
        last = [p for m in self.model.modules() if isinstance(m, nn.Linear) for p in [m.bias]][-1:]
        plan = self.settings.plan
        rest = [p for p in self.model.parameters() if all(p is not bias for bias in last)]
        return torch.optim.SGD(
            [
                {"params": rest, "factor": 1.0},
                {"params": [p for p in last if p is not None], "factor": 2.0, "weight_decay": 0.0},
            ],
            lr=self.settings.highest_rate,
            momentum=plan.momentum,
            weight_decay=plan.weight_decay,
            nesterov=True,
            fused=True,
        )

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set the rate, which depends on the step alone."""
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = self.rate(self.trainer.global_step) * group["factor"]

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """The loss of one batch.

        Raises:
            TrainError: it is not finite.
        """
        images, labels = batch
        loss = cost(self.model(images), labels)
        if not torch.isfinite(loss):
            step = self.trainer.global_step + 1
            raise self.diverged(f"the loss of step {step} is {loss.item()}", step)
        return loss

    def diverged(self, what: str, step: int) -> TrainError:
        """What to say of a training that goes beyond all bounds."""
        return TrainError(
            what,
            where=f"step {step} of {self.steps}, learning rate {self.rate(step - 1):.4g}",
            why="the weights have grown without bound",
            fix="a lower --rate; the last checkpoint before it is kept",
        )


class Keeper(lightning.Callback):
    """Evaluates after each epoch, logs, writes checkpoints, and stops in good order."""

    def __init__(
        self,
        folder: Path,
        test: Feeder,
        per_epoch: int,
        every: int,
        model: Model,
        watch: Watch,
    ) -> None:
        self.folder, self.test, self.per_epoch, self.every = folder, test, per_epoch, every
        self.watch = watch
        spec = spec_of(model)
        self._spec = spec.model_dump(mode="json") if spec else None
        self._graph = to_json(model.graph)
        self._batch = evaluation.fitting_batch(model.graph)
        self._classes = int(model.graph.output_shape[0])
        self.rows: list[dict[str, Any]] = []
        self.score: evaluation.Score | None = None
        self.stopped = False
        self._losses: list[Tensor] = []
        self._images, self._seconds, self._since = 0, 0.0, 0.0
        self._handlers: dict[int, Any] = {}
        self.images = ""
        """The digest of the images."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint says besides the weights."""
        score = asdict(self.score) if self.score else None
        return {"rows": self.rows, "score": score, "random": torch.get_rng_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.rows = read_rows(state_dict["rows"])
        self.score = read_score(state_dict["score"], self._classes)
        torch.set_rng_state(state_dict["random"])

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Say what the checkpoint is of."""
        checkpoint["format"] = FORMAT
        checkpoint["processes"] = trainer.world_size
        checkpoint["spec"], checkpoint["graph"] = self._spec, self._graph
        checkpoint["images"] = self.images
        checkpoint["settings"] = asdict(pl_module.settings)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Let Ctrl-C end the step that runs, and not break it; what is ignored stays ignored."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._handlers[number] = signal.signal(number, self._stop)
        self._since = time.perf_counter()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._restore()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._restore()

    def _restore(self) -> None:
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def _stop(self, number: int, frame: object) -> None:
        if self.stopped:
            sys.exit(INTERRUPTED)
        self.stopped = True

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log, evaluate and save where it is time."""
        self._losses.append(outputs["loss"].detach())
        self._images += len(batch[1]) * trainer.world_size
        self._seconds += time.perf_counter() - self._since
        step, ends = trainer.global_step, trainer.global_step == pl_module.steps
        evaluates = step % self.per_epoch == 0 or ends
        stops = trainer.strategy.reduce_boolean_decision(self.stopped, all=False)
        if evaluates or stops or step % self.every == 0:
            self._keep(trainer, pl_module, step, evaluates)
        self.watch(step, pl_module.steps, self.rows[-1] if self.rows else {})
        trainer.should_stop = stops
        self._since = time.perf_counter()

    def _keep(self, trainer: Any, learner: Learner, step: int, evaluates: bool) -> None:
        _check_finite(trainer, learner, step)
        loss = torch.stack(self._losses).mean()
        row = {
            "step": step,
            "epoch": step / self.per_epoch,
            "rate": learner.rate(step - 1),
            "train_loss": float(trainer.strategy.reduce(loss, reduce_op="mean")),
            "images_per_second": self._images / self._seconds,
            "test_loss": None,
            "test_accuracy": None,
        }
        if evaluates:
            self.score = self._evaluate(trainer, learner)
            row |= {"test_loss": self.score.loss, "test_accuracy": self.score.accuracy}
        self.rows.append(row)
        self._losses, self._images, self._seconds = [], 0, 0.0
        trainer.save_checkpoint(self.folder / CHECKPOINT)
        if trainer.is_global_zero:
            write_text(self.folder / METRICS, as_csv(self.rows))

    def _evaluate(self, trainer: Any, learner: Learner) -> evaluation.Score:
        """Every process counts its part of each batch, with the statistics of the first."""
        if trainer.world_size > 1:
            for buffer in learner.model.buffers():
                torch.distributed.broadcast(buffer, 0)
        part = slice(trainer.global_rank, None, trainer.world_size)
        batches = self.test.batches(self._batch, part)
        result = evaluation.counts(learner.model, batches, self._classes, learner.device)
        return evaluation.score(*(trainer.strategy.reduce(t, reduce_op="sum") for t in result))


def _check_finite(trainer: Any, learner: Learner, step: int) -> None:
    """Keep the last good checkpoint where an update has gone beyond all bounds.

    Raises:
        TrainError: a weight, a statistic or a momentum is not a finite number.
    """
    momenta = (t for state in trainer.optimizers[0].state.values() for t in state.values())
    tensors = (t for t in (*learner.state_dict().values(), *momenta) if isinstance(t, Tensor))
    if not all(bool(t.isfinite().all()) for t in tensors):
        raise learner.diverged(f"the weights are not finite after step {step}", step)


def from_csv(text: str) -> list[dict[str, Any]]:
    """The rows that `as_csv` wrote."""
    return [
        {key: float(value) if value else None for key, value in row.items()}
        for row in csv.DictReader(text.splitlines())
    ]


def as_csv(rows: list[dict[str, Any]]) -> str:
    """The log as people open it in a spreadsheet."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
