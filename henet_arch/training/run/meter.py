"""The loss and the speed of the steps since the last row of the log."""

from __future__ import annotations

import time

import torch
from torch import Tensor


class Meter:
    """Adds up losses, images and the seconds of steps; tests and checkpoints are not timed."""

    def __init__(self) -> None:
        self._since = 0.0
        self._clear()

    def start(self) -> None:
        """A step begins."""
        self._since = time.perf_counter()

    def add(self, loss: Tensor, images: int) -> None:
        """A step has ended."""
        self._seconds += time.perf_counter() - self._since
        self._losses.append(loss.detach())
        self._images += images

    def take(self) -> tuple[Tensor, float]:
        """The mean loss and the images of a second of the steps since it was last asked."""
        result = torch.stack(self._losses).mean(), self._images / self._seconds
        self._clear()
        return result

    def _clear(self) -> None:
        self._losses: list[Tensor] = []
        self._images, self._seconds = 0, 0.0
