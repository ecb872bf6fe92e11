"""Emits one training step of a graph as C: forward, backward and statistics of a whole batch."""

from __future__ import annotations

from dataclasses import dataclass

from ...ir.model import Model
from ...lowering.training.plan import plan
from .._target import Target
from ..c.names import identifier
from .source import source

__all__ = ["TARGET", "CTraining", "identifier", "source"]


@dataclass(frozen=True)
class CTraining(Target):
    """One file of C that computes a training step but for the loss and the optimizer."""

    name = "c-training"
    endings = (".c",)

    def emit(self, model: Model) -> dict[str, bytes]:
        name = identifier(model.name)
        text = source(plan(model.graph), model.graph, name)
        return {f"{name}_training.c": text.encode()}


TARGET = CTraining
