"""Networks run as machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

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


def on_batches(model: Model) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """The compiled network on a batch: its first output.

    Raises:
        EmitError, CompileError: as `prepare`.
    """
    network = load(model.graph, weights_of(model))
    return lambda images: outputs_of(network(images))[0]
