"""The contract of every runner: what can execute a network, and be held against its graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..support.errors import RunError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..ir.model import Model
    from .verification import Verification


@dataclass(frozen=True)
class Prepared:
    """A network that is ready to run.

    It is called on one image, float32 of `(1, C, H, W)`, and gives the outputs: an array each, with
    the batch of one. The three steps are apart, so that `run` alone can be timed.

    Attributes:
        feed: From the image to what the runner takes.
        run: From that to what the runner gives.
        read: From that to the outputs.
    """

    feed: Callable[[NDArray[Any]], Any]
    run: Callable[[Any], Any]
    read: Callable[[Any], tuple[NDArray[Any], ...]]

    def __call__(self, image: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        return self.read(self.run(self.feed(image)))


class Verifier(ABC):
    """Holds what a target makes of a network against the network.

    Its module can be imported where what it needs is not installed.
    """

    title: ClassVar[str]
    """What messages call it."""
    target: ClassVar[str] = ""
    """The target that `verify --target` holds against the graph by it; "" for none."""

    @abstractmethod
    def verify(self, model: Model) -> Verification:
        """What the target makes, held against PyTorch in double precision.

        Raises:
            ExtraError: what it needs is not installed.
            EmitError: the target has no such layer.
            RunError: it cannot run the network.
        """


class Runner(Verifier):
    """Executes networks. A module `NAME` with `RUNNER`, an instance, is the backend `NAME`."""

    @abstractmethod
    def prepare(self, model: Model) -> Prepared:
        """The model, with its weights or random ones, ready to run on one thread.

        Raises:
            ExtraError: what it runs on is not installed.
            EmitError: it has no such layer.
            RunError: it cannot run the network.
        """

    def outputs(self, model: Model) -> Callable[[Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]:
        """A function from an array for each input, with a batch of one, to the outputs.

        Raises:
            RunError: the runner takes one input, and the network has several; and as `prepare`.
        """
        call = self.prepare(model)

        def run(inputs: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
            if len(inputs) > 1:
                raise RunError(f"{self.title} is called with one input, not {len(inputs)}")
            return call(inputs[0])

        return run

    def on_batches(self, model: Model) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """A function from images, float32 of `(N, C, H, W)`, to the first output for each of them.

        Raises:
            ExtraError, EmitError, RunError: as `prepare`.
        """
        import numpy as np

        call = self.prepare(model)
        return lambda images: np.concatenate([call(image[None])[0] for image in images])

    def verify(self, model: Model) -> Verification:
        """The outputs held against PyTorch in double precision, on random weights and images.

        Raises:
            ExtraError, EmitError, RunError: as `prepare`.
        """
        from .torch.comparison import verify

        return verify(model, self.prepare, self.title)

    def tune(self, model: Model) -> dict[str, Any]:
        """The options of the target that are fastest on this machine, measured.

        Raises:
            RunError: the target has nothing to measure.
        """
        raise RunError(f"{self.title} has nothing to tune", fix="leave --tune out")
