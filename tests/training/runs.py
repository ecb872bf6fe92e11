"""Short trainings, what breaks them off, and how two of them are compared."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

import henet_arch as ha
from henet_arch.importers.load import Source
from henet_arch.training import loop
from henet_arch.training.machine import Machine
from henet_arch.training.run.outcome import Outcome
from henet_arch.training.run.recorder import Watch
from henet_arch.training.settings import Settings

SPEC = ha.Spec(channels=(12, 24), repeats=1, input=(1, 15, 15))
SHORT = Settings(epochs=2)
"""22 steps on digits."""
EVERY_3 = Machine(checkpoint_every=3)


def train(source: Source, settings: Settings, folder: Path, **options: Any) -> Outcome:
    """A training of what `source` names."""
    return loop.train(ha.load(source), settings, folder, **options)


def interrupting(*steps: int) -> Watch:
    """What watches a training and presses Ctrl-C in each of these steps."""

    def watch(done: int, total: int, row: dict[str, Any]) -> None:
        if done in steps:
            os.kill(os.getpid(), signal.SIGINT)

    return watch


def weights_of(folder: Path, name: str = "weights") -> dict[str, torch.Tensor]:
    """The tensors in a run's file of weights, the last ones or those of another `name`."""
    weights: dict[str, torch.Tensor] = load_file(folder / f"{name}.safetensors")
    return weights


def same_weights(one: Path, other: Path, name: str = "weights") -> bool:
    """Whether two runs ended with the same bits, of tensors of the same names and types."""
    first, second = (_bits(weights_of(folder, name)) for folder in (one, other))
    return first == second != []


def _bits(weights: dict[str, torch.Tensor]) -> list[tuple[str, torch.dtype, torch.Size, bytes]]:
    return [(key, t.dtype, t.shape, t.numpy().tobytes()) for key, t in weights.items()]
