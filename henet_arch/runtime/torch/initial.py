"""Random weights as the emitted PyTorch module draws them, for targets that write weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...ir.graph import Graph
from ...ir.model import Model
from ...ir.tensors import tensors_of
from ...support.optional import need

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 0


def drawn(model: Model, init: str) -> Model:
    """The model with random weights, which are drawn when the first of them is asked for.

    Args:
        model: The network; weights that it has are left out.
        init: How they start: gaussian or kaiming.
    """
    return replace(model, weights=_Drawn(model.graph, init), trained_on="", seed=SEED)


def weights_of(model: Model) -> Mapping[str, Any]:
    """The model's weights, or random ones that are the same each time."""
    return _Drawn(model.graph, "kaiming") if model.weights is None else model.weights


class _Drawn(Mapping[str, Any]):
    """Arrays by parameter name."""

    def __init__(self, graph: Graph, init: str) -> None:
        self._graph = graph
        self._init = init
        self._names = tuple(tensors_of(graph))

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _arrays(self) -> dict[str, NDArray[Any]]:
        need("torch", "torch")
        import torch

        from .module import to_torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            state = to_torch(self._graph, self._init).state_dict()
        return {name: state[name].numpy() for name in self._names}
