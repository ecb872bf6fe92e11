"""An exponential moving average of a network's weights, which is tested and kept beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning import pytorch as lightning
from torch import Tensor, nn


class WeightAverage(lightning.Callback):
    """Averages weights and running statistics: `a = d a + (1 - d) w` after each step.

    Early on d is `(1 + steps) / (10 + steps)`, so that the first weights are soon forgotten.

    Source: TensorFlow's `ExponentialMovingAverage` with `num_updates`.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = model
        self.decay = decay
        self.state = {name: tensor.detach().clone() for name, tensor in _tensors(model).items()}

    @property
    def state_key(self) -> str:
        """The name in checkpoints."""
        return "WeightAverage"

    def state_dict(self) -> dict[str, Any]:
        return dict(self.state)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there.

        Raises:
            ValueError: it is of another network.
        """
        if _shapes(self.state) != _shapes(state_dict):
            raise ValueError("its averaged weights are of another network")
        for name, tensor in self.state.items():
            tensor.copy_(state_dict[name])

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Where the weights are now."""
        weights = _tensors(self.model)
        self.state = {
            name: torch.empty_like(weights[name]).copy_(t) for name, t in self.state.items()
        }

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        steps = trainer.global_step
        share = 1 - min(self.decay, (1 + steps) / (10 + steps))
        for name, tensor in _tensors(self.model).items():
            self.state[name].lerp_(tensor, share)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The model has the average in place of its weights."""
        weights = _tensors(self.model)
        before = {name: tensor.clone() for name, tensor in weights.items()}
        try:
            _copy(self.state, weights)
            yield
        finally:
            _copy(before, weights)


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    """Weights and statistics; counters of batches are no numbers to average."""
    return {name: t for name, t in model.state_dict().items() if t.is_floating_point()}


def _shapes(tensors: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


def _copy(source: dict[str, Tensor], target: dict[str, Tensor]) -> None:
    for name, tensor in target.items():
        tensor.copy_(source[name])
