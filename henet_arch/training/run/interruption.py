"""Ctrl-C ends the step that runs, and does not break it."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any

from lightning import pytorch as lightning

from ...support.exit_codes import INTERRUPTED


class Interruption(lightning.Callback):
    """Hears Ctrl-C and SIGTERM while a training runs; a signal that is ignored stays ignored."""

    def __init__(self) -> None:
        self.asked = False
        """Whether the training is asked to stop after this step."""
        self._handlers: dict[int, Any] = {}

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._handlers[number] = signal.signal(number, self._stop)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._restore()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._restore()

    def _restore(self) -> None:
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def _stop(self, number: int, frame: object) -> None:
        """Stop after this step, and at once where asked again."""
        if self.asked:
            sys.exit(INTERRUPTED)
        self.asked = True
