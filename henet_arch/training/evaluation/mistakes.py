"""The images that a network is most wrong about, and a page that shows them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...renderers._mistakes import Shot, page
from ...results.table import Table
from ...runtime.torch.tensors import outputs_of
from ...support.files import write_text
from ...support.optional import need
from ..data import Feeder

MOST = 60
"""Mistakes that are shown."""
_SIDE = 128
"""Pixels of the longer side of an image on the page."""


@dataclass(frozen=True)
class Mistake:
    """A test image that is taken for another class.

    Attributes:
        name: of its file, or its number among the test images.
        image: bytes `(H, W, C)`.
        label: its class.
        answer: the class it is taken for.
        share: the answer's, of 1.
        right_share: the right class's.
    """

    name: str
    image: Tensor
    label: int
    answer: int
    share: float
    right_share: float


@torch.no_grad()
def worst(model: nn.Module, test: Feeder, batch: int, most: int = MOST) -> list[Mistake]:
    """The mistakes of the largest loss, the worst first; so many images are tested at once."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    rows = []
    for images, labels in test.batches(batch):
        scores = outputs_of(model(images.to(device)))[0].float().cpu()
        shares = functional.softmax(scores, 1)
        share, answers = shares.max(1)
        losses = functional.cross_entropy(scores, labels, reduction="none")
        right = shares.gather(1, labels[:, None]).flatten()
        rows.append(torch.stack((losses.double(), labels, answers, share, right)))
    model.train(was_training)
    losses, labels, answers, share, right = torch.cat(rows, 1)
    wrong = (labels != answers).nonzero().flatten()
    order = wrong[losses[wrong].argsort(descending=True, stable=True)][:most].tolist()
    return [
        Mistake(
            test.split.names[n] if test.split.names else f"test image {n:,}",
            test.split.part(slice(n, n + 1))[0],
            int(labels[n]),
            int(answers[n]),
            float(share[n]),
            float(right[n]),
        )
        for n in order
    ]


def write(
    path: Path,
    title: str,
    names: Sequence[str],
    mistakes: Sequence[Mistake],
    tables: Iterable[Table],
) -> None:
    """Write them as one page.

    Args:
        path: The file.
        title: What the page is headed with.
        names: The names of the classes.
        mistakes: The worst first.
        tables: What stands below them.

    Raises:
        FileError: it cannot be written.
    """
    shots = [
        Shot(
            _png(each.image),
            each.name,
            names[each.label],
            names[each.answer],
            each.share,
            each.right_share,
        )
        for each in mistakes
    ]
    write_text(path, page(title, shots, tables))


def _png(image: Tensor) -> str:
    """An image `(H, W, C)` as the text of a PNG, in base 64; what is large is made smaller."""
    pillow: Any = need("PIL.Image", "train")
    values = image.numpy()
    drawn = pillow.fromarray(values[..., 0] if values.shape[2] == 1 else values[..., :3])
    drawn.thumbnail((_SIDE, _SIDE))
    file = io.BytesIO()
    drawn.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")
