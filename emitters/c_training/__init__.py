"""Emits one training step of a graph as C: forward, backward and statistics of a whole batch."""

from __future__ import annotations

from dataclasses import dataclass

from ...ir.model import Model
from ...lowering.training.plan import plan
from .._target import Target
from ..c.names import identifier
from .header import header
from .source import source

__all__ = ["TARGET", "CTraining", "header", "identifier", "source"]


@dataclass(frozen=True)
class CTraining(Target):
    """C that computes a training step but for the loss and the optimizer.

    One file, or a folder with its header beside it.
    """

    name = "c-training"
    endings = (".c",)
    writes_folders = True

    def emit(self, model: Model) -> dict[str, bytes]:
        """The source, and in a folder the header.

        Raises:
            EmitError: the step has no such layer.
            LimitError: the network is too large.
        """
        name = identifier(model.name)
        network = plan(model.graph)
        files = {f"{name}_training.c": source(network, model.graph, name)}
        if self.folder:
            files[f"{name}_training.h"] = header(network, model.graph, name)
        return {file: text.encode() for file, text in files.items()}


TARGET = CTraining
