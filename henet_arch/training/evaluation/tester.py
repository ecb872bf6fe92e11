"""Tests a network on the held-out images, all processes together."""

from __future__ import annotations

from typing import Any

import torch

from ..data import Feeder
from ..optimization.averaging import WeightAverage
from ..optimization.learner import Learner
from . import scoring


class Tester:
    """The held-out images, and the scores of a network on them."""

    def __init__(
        self, feeder: Feeder, batch: int, classes: int, average: WeightAverage | None
    ) -> None:
        self.feeder = feeder
        self.batch = batch
        self.classes = classes
        self.average = average
        self.score: scoring.Score | None = None
        """The last score of the weights themselves."""

    def test(self, trainer: Any, learner: Learner) -> dict[str, float]:
        """What a row of the log says of a test."""
        self.score = self._scored(trainer, learner)
        row = {"test_loss": self.score.loss, "test_accuracy": self.score.accuracy}
        if self.average:
            with self.average.applied():
                score = self._scored(trainer, learner)
            row |= {"averaged_loss": score.loss, "averaged_accuracy": score.accuracy}
        return row

    def _scored(self, trainer: Any, learner: Learner) -> scoring.Score:
        """Every process counts its part of each batch, with the statistics of the first."""
        if trainer.world_size > 1:
            for buffer in learner.model.buffers():
                torch.distributed.broadcast(buffer, 0)
        part = slice(trainer.global_rank, None, trainer.world_size)
        batches = self.feeder.batches(self.batch, part)
        was_training = learner.training
        learner.eval()
        result = scoring.counts(learner, batches, self.classes, learner.device)
        learner.train(was_training)
        return scoring.score(*(trainer.strategy.reduce(t, reduce_op="sum") for t in result))
