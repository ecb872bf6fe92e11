"""How a training goes: its learning rate, as a function of the step alone, and its conventions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

from ..papers.training import PAPER


@dataclass(frozen=True)
class Schedule:
    """A way to train with stochastic gradient descent and Nesterov momentum."""

    summary: str
    rate: float
    """The highest learning rate, unless the user names another."""
    shape: Callable[[float], float]
    """From the share of all steps that is done to the share of the highest rate."""
    iterations: int | None = None
    """Steps, where the schedule is defined by them."""
    epochs: int = 0
    """Passes over the training images, where it is defined by those."""
    momentum: float = PAPER.momentum
    weight_decay: float = PAPER.weight_decay
    momentum_of: Literal["gradients", "updates"] = "gradients"
    """What momentum adds up: gradients, as PyTorch's, or the gradients times the rate of their own
    step, as Caffe's, whose steps do not shrink at once where the rate drops."""
    passes: Literal["whole", "endless"] = "whole"
    """Whether each pass leaves out the images that fill no batch, or batches go on into the next
    pass, as Caffe's do."""
    kept_statistics: float | None = None
    """The share of its running statistics that a batch norm keeps at each step, as Caffe's
    `moving_average_fraction`; each layer's own momentum where None."""
    test_every: int | None = None
    """Steps between two tests; one test after each pass where None."""

    def steps(self, per_epoch: int, epochs: int | None) -> int:
        """Steps in all, for `epochs` where the user names them."""
        if epochs is None and self.iterations:
            return self.iterations
        return (epochs or self.epochs) * per_epoch

    def rate_at(self, step: int, steps: int, rate: float) -> float:
        """The learning rate of step `step` of `steps`, counted from 0."""
        return rate * self.shape(step / steps)

    def conventions(self) -> dict[str, Any]:
        """What decides how a training ends, besides the numbers that the user may name."""
        hidden = ("summary", "shape", "rate", "iterations", "epochs")
        return {key: value for key, value in asdict(self).items() if key not in hidden}


_DROPS = tuple(Fraction(drop, PAPER.steps) for drop in PAPER.drops)
_WARM = 0.3


def _paper(done: float) -> float:
    return float(PAPER.factor ** sum(done >= drop for drop in _DROPS))


def _one_cycle(done: float) -> float:
    if done < _WARM:
        return 0.04 + 0.96 * done / _WARM
    return (1 + math.cos(math.pi * (done - _WARM) / (1 - _WARM))) / 2


SCHEDULES = {
    "paper": Schedule(
        "HENet, section 4.1: 65,000 steps, a tenth of the rate from 32,000 and from 48,000",
        rate=PAPER.rate,
        shape=_paper,
        iterations=PAPER.steps,
        momentum_of="updates",
        passes="endless",
        kept_statistics=0.999,
        test_every=PAPER.test_every,
    ),
    "quick": Schedule(
        "one cycle (arXiv:1708.07120): linear warm-up over three tenths, then a cosine to 0",
        rate=0.1,
        shape=_one_cycle,
        epochs=12,
    ),
}
