"""What a training makes smaller."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from ...runtime.torch.tensors import outputs_of

_AUXILIARY = 0.3


def cost(
    given: Tensor | tuple[Tensor, ...], labels: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Cross-entropy of the main output, and 0.3 of each auxiliary one's.

    Args:
        given: Scores `(N, K)`, or several.
        labels: The classes `(N,)`.
        label_smoothing: The share of each label that is spread over all classes.

    Source: GoogLeNet (arXiv:1409.4842), section 5; Inception v3 (arXiv:1512.00567), section 7.
    """
    main, *auxiliary = (
        functional.cross_entropy(out, labels, label_smoothing=label_smoothing)
        for out in outputs_of(given)
    )
    return sum((_AUXILIARY * loss for loss in auxiliary), main)
