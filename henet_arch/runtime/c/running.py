"""Networks run as machine code."""

from __future__ import annotations

from ...ir.model import Model
from ..initial import weights_of
from ..runner import Prepared
from ..torch.tensors import outputs_of
from .loading import load


def prepare(model: Model) -> Prepared:
    """The compiled network.

    Raises:
        EmitError: C has no kernel for a layer.
        CompileError: there is no C compiler, or it fails.
    """
    return Prepared(lambda image: image, load(model.graph, weights_of(model)), outputs_of)
