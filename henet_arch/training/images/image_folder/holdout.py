"""Images that are held out for tests, the same share of each class."""

from __future__ import annotations

import torch
from torch import Tensor

SHARE = 0.1
"""Of each class, where nobody says another."""


def held_out(labels: Tensor, share: float, seed: int) -> Tensor:
    """Which of the images with these labels `(N,)` are held out: `(N,)` truths.

    Of each class the share is rounded, to one at least and so that one at least is left; the only
    image of a class is not held out.
    """
    random = torch.Generator().manual_seed(seed)
    result = torch.zeros(len(labels), dtype=torch.bool)
    for label in range(int(labels.max()) + 1 if len(labels) else 0):
        places = (labels == label).nonzero().flatten()
        if not len(places):
            continue
        count = min(max(round(share * len(places)), 1), len(places) - 1)
        result[places[torch.randperm(len(places), generator=random)[:count]]] = True
    return result
