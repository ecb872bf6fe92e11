"""The network under training, as Lightning knows it: its loss, its optimizer and its rate."""

from __future__ import annotations

from typing import Any

import torch
from lightning import pytorch as lightning
from torch import Tensor, nn

from ...support.errors import TrainError
from ..engine import Network
from ..schedules import Schedule
from ..settings import Settings
from . import optimizer, statistics
from .loss import cost


class Learner(lightning.LightningModule):
    """Cross-entropy and stochastic gradient descent, at the rate that the step asks for."""

    def __init__(
        self,
        model: nn.Module,
        network: Network,
        settings: Settings,
        steps: int,
        bias: nn.Parameter | None,
    ) -> None:
        """Args:
        model: The emitted module, which has the weights.
        network: What computes with those weights.
        settings: What decides how the training ends.
        steps: Steps in all.
        bias: That of the classifier, if it has one.
        """
        super().__init__()
        self.model = model
        self.settings = settings
        self.steps = steps
        self._bias = (bias,)  # it is a parameter of the model alone
        self._network = (network,)  # a module of its own would have the weights once more

    @property
    def plan(self) -> Schedule:
        """The schedule."""
        return self.settings.plan

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.plan.rate_at(step, self.steps, self.settings.highest_rate)

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The scores of images `(N, C, H, W)`, in training or in use as the model is."""
        (network,) = self._network
        return network(images)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return optimizer.descent(self.model, self.plan, self.settings.highest_rate, *self._bias)

    def on_train_start(self) -> None:
        """Lay out what a checkpoint of another engine has."""
        optimizer.align(self.trainer.optimizers[0])

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set what depends on the step alone."""
        step = self.trainer.global_step
        before = self.rate(step - 1) if step else None
        optimizer.set_rate(self.trainer.optimizers[0], self.plan, self.rate(step), before)
        if self.plan.kept_statistics is not None:
            statistics.average(self.model, self.plan.kept_statistics, step)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """The loss of one batch.

        Raises:
            TrainError: it is not finite.
        """
        images, labels = batch
        loss = cost(self(images), labels, self.settings.label_smoothing)
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
            fix="a lower --rate, with another --output",
        )
