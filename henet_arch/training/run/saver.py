"""Writes what a training has come to: its checkpoint, and its log in every form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning import pytorch as lightning

from ...importers.run_files import CHECKPOINT, METRICS
from ...support.files import write_text
from .log import LogWriter, as_csv


class Saver(lightning.Callback):
    """The files of a training's folder, which are replaced whole or not at all."""

    def __init__(
        self, folder: Path, identity: dict[str, Any], writers: Sequence[LogWriter] = ()
    ) -> None:
        """Args:
        folder: Where the checkpoint and the log are written.
        identity: What a checkpoint says of the training that it is of.
        writers: Other forms of the log; each is given every new row.
        """
        self.folder, self.identity, self.writers = folder, identity, writers

    @property
    def checkpoint(self) -> Path:
        return self.folder / CHECKPOINT

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Say what the checkpoint is of."""
        checkpoint.update(self.identity)

    def save(self, trainer: Any, rows: list[dict[str, Any]]) -> None:
        """Write all, from the first process of several; the last of the rows is new."""
        trainer.save_checkpoint(self.checkpoint)
        if trainer.is_global_zero:
            write_text(self.folder / METRICS, as_csv(rows))
            for writer in self.writers:
                writer.write(rows[-1])
