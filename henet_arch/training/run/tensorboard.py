"""The log of a training as TensorBoard reads it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...support.optional import need
from .folder import TENSORBOARD
from .log import LogWriter

_GROUPS = {
    "train_loss": "loss",
    "test_loss": "loss",
    "averaged_loss": "loss",
    "test_accuracy": "accuracy",
    "averaged_accuracy": "accuracy",
    "rate": "training",
    "images_per_second": "training",
}
"""Where each figure is shown."""


def check_tensorboard() -> None:
    """Refuse a log that nothing here writes.

    Raises:
        ExtraError: neither TensorBoard nor tensorboardX is installed.
    """
    if not find_spec("tensorboard"):
        need("tensorboardX", "tensorboard")


class TensorBoardWriter(LogWriter):
    """Writes event files into a folder of the run, by Lightning's logger."""

    def __init__(self, folder: Path, rows: Sequence[dict[str, Any]]) -> None:
        """Args:
        folder: The run's.
        rows: The log up to where the training goes on; what was written before counts no more.
        """
        step = rows[-1]["step"] if rows else 0
        logger = need("lightning.pytorch.loggers", "train").TensorBoardLogger
        self._logger = logger(
            folder,
            name=None,
            version=TENSORBOARD,
            purge_step=0,
            filename_suffix=f".{step}",  # a file is named by the second in which it is begun
        )

        for row in rows:
            self.write(row)

    def write(self, row: dict[str, Any]) -> None:
        figures = {f"{_GROUPS[key]}/{key}": row[key] for key in _GROUPS if row.get(key) is not None}
        self._logger.log_metrics(figures, step=row["step"])

    def close(self) -> None:
        self._logger.finalize("closed")
