"""A runner is held against PyTorch in double precision, and by PyTorch's own rounding."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from henet_arch.runtime.torch.comparison import TOLERANCE, expected


class Cancelling(nn.Module):
    """What is left of large numbers."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x + 1000.0) - 1000.0


def test_bounds_follow_the_rounding_of_single_precision() -> None:
    images = torch.randn(4, 3, 5, 5)
    assert expected(nn.Identity(), images)[0].bound == TOLERANCE
    (cancelled,) = expected(Cancelling(), images)
    assert cancelled.bound > TOLERANCE
    np.testing.assert_allclose(cancelled.values, images.numpy(), atol=1e-12)
