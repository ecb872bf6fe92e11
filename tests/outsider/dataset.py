"""A data set: dark and bright images, 8x8."""

from __future__ import annotations

import torch

from henet_arch.training.data import Data, Split
from henet_arch.training.dataset import DataSet, Request


def load(request: Request) -> Data:
    labels = torch.arange(40) % 2
    images = (labels * 200).byte().view(-1, 1, 1, 1).expand(-1, 8, 8, 1)
    split = Split(images, labels)
    return Data("outdata", ("dark", "bright"), split, split, augmented=False)


DATASET = DataSet("dark and bright images, 8x8; no files", load)
