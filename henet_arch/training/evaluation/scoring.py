"""How well a network tells the images of a split."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ...analyzers.memory import analyze
from ...ir.graph import Graph
from ...runtime.torch.tensors import outputs_of
from ...support.errors import LimitError

BATCH = 500
MOST_BYTES = 2**30
"""Of the maps of a batch that is tested; larger images are tested in smaller batches."""


@dataclass(frozen=True)
class Score:
    """A confusion matrix and the mean cross-entropy."""

    confusion: tuple[tuple[int, ...], ...]
    """One row for each true class, one column for each answer."""
    loss: float

    @property
    def images(self) -> int:
        return sum(map(sum, self.confusion))

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return sum(row[i] for i, row in enumerate(self.confusion)) / self.images


def batch_of(graph: Graph) -> int:
    """How many images are tested at once, so that their maps keep within `MOST_BYTES`.

    Raises:
        LimitError: those of one image do not.
    """
    needed = int(analyze(graph).peak_bytes)
    if needed > MOST_BYTES:
        raise LimitError(
            f"an image of {graph.name} needs {needed:,} bytes for its maps",
            why=f"images are tested with at most {MOST_BYTES:,}",
            fix="a network of smaller images",
        )
    return fitting_batch(graph)


def fitting_batch(graph: Graph) -> int:
    """The same for a network that is tested in any case: one image at least."""
    return max(1, min(BATCH, MOST_BYTES // int(analyze(graph).peak_bytes)))


@torch.no_grad()
def counts(
    network: Callable[[Tensor], Tensor | tuple[Tensor, ...]],
    batches: Iterable[tuple[Tensor, Tensor]],
    classes: int,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """The confusion matrix `(classes, classes)` and the summed loss over images and labels."""
    confusion = torch.zeros(classes * classes, dtype=torch.int64, device=device)
    loss = torch.zeros(1, device=device)
    for pixels, answers in batches:
        if not len(answers):
            continue
        images, labels = pixels.to(device), answers.to(device)
        output = outputs_of(network(images))[0]
        loss += functional.cross_entropy(output, labels, reduction="sum")
        result = labels * classes + output.argmax(1)
        confusion += torch.bincount(result, minlength=classes * classes)
    return confusion.view(classes, classes), loss


def score(confusion: Tensor, loss: Tensor) -> Score:
    """Counts, summed over all processes, as a score."""
    rows = tuple(tuple(map(int, row)) for row in confusion.tolist())
    return Score(rows, float(loss) / float(confusion.sum()))
