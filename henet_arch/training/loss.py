"""What a training makes smaller."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from ..runtime.torch.tensors import outputs_of

_AUXILIARY = 0.3


def cost(given: Tensor | tuple[Tensor, ...], labels: Tensor) -> Tensor:
    """Cross-entropy of the main output, and 0.3 of each auxiliary one's.

    Source: GoogLeNet (arXiv:1409.4842), section 5.
    """
    main, *auxiliary = (functional.cross_entropy(out, labels) for out in outputs_of(given))
    return sum((_AUXILIARY * loss for loss in auxiliary), main)
