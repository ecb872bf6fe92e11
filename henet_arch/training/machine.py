"""Where a training runs, which decides nothing of how it ends but its last bits."""

from __future__ import annotations

from dataclasses import dataclass

from ..support.errors import UnknownNameError, nearest
from ..support.limits import MOST_THREADS
from .bounds import within

DEVICES = ("cpu", "gpu", "mps", "auto")


@dataclass(frozen=True)
class Machine:
    """Device, threads, engine and how often the training saves itself.

    Raises:
        UnknownNameError: there is no such device.
        TrainError: a number is out of bounds.
    """

    device: str = "cpu"
    """One of `DEVICES`, which Lightning calls accelerators."""
    threads: int = 1
    """Threads of each process."""
    checkpoint_every: int = 100
    """Steps between two checkpoints."""
    engine: str | None = None
    """What computes the steps: native or torch; the fastest that can where None."""

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise UnknownNameError(
                f"unknown device {self.device!r:.99}", fix=nearest(str(self.device), DEVICES)
            )
        within("threads", self.threads, 1, MOST_THREADS)
        within("checkpoint_every", self.checkpoint_every, 1)
