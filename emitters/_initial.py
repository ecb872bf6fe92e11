"""How weights can start, by name, and the line of PyTorch that does it."""

from __future__ import annotations

from ..ir.model import Model
from ..support.errors import EmitError

DEVIATION = 0.01
"""Of weights that start as those of the paper's Caffe models."""
INITS = {
    "gaussian": f"nn.init.normal_(module.weight, std={DEVIATION})",
    "kaiming": 'nn.init.kaiming_normal_(module.weight, nonlinearity="relu")',
}
"""As in the HENet paper's Caffe models, and as in ResNet (arXiv:1502.01852)."""


def check_init(init: str | None, model: Model) -> None:
    """Refuse a start for weights that are there.

    Raises:
        EmitError: the model has weights that are not random.
    """
    if init and model.weights is not None and model.seed is None:
        raise EmitError("init has no effect: the model has weights", fix="leave init out")
